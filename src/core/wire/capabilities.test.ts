import { expect, test } from 'vitest';
import { channelNames, viewNames } from '../../contract/views.ts';
import { CAPABILITIES, hasCapability } from './capabilities.ts';
import { type VisitorCall, visitorCalls } from './peer-protocol.ts';

/** What version 0.1 says. */
const FIRST = ['viewer', 'native', 'classic', 'verify', 'files', 'windows', 'close'];
const calls = Object.keys(visitorCalls) as VisitorCall[];
const firstCalls = [
  'hello',
  'catalogue.get',
  'icon.get',
  'request.create',
  'request.cancel',
  'session.end',
  'session.close',
  'session.keep',
  'window.activate',
  'window.close',
  'session.resume',
  'verify.begin',
  'verify.reveal',
  'verify.answer',
  'verify.cancel',
];

test('every view, channel and call is said, and the words of version 0.1 as well', () => {
  for (const name of viewNames) expect(CAPABILITIES).toContain(`view.${name}`);
  for (const name of channelNames) expect(CAPABILITIES).toContain(`channel.${name}`);
  for (const name of calls) expect(CAPABILITIES).toContain(`call.${name}`);
  expect(CAPABILITIES.slice(0, FIRST.length)).toEqual(FIRST);
});

test('version 0.1 takes them: it refuses more than 64, and longer ones than 64 characters', () => {
  expect(CAPABILITIES.length).toBeLessThanOrEqual(64);
  for (const capability of CAPABILITIES) expect(capability.length).toBeLessThanOrEqual(64);
  expect(new Set(CAPABILITIES).size).toBe(CAPABILITIES.length);
});

test('version 0.1 has the views, channels and calls that it had', () => {
  const had = { views: ['viewer', 'native', 'ssh-command'], channels: ['display', 'ssh', 'ssh-port', 'files'] };
  expect(viewNames.filter((name) => hasCapability(FIRST, `view.${name}`))).toEqual(had.views);
  expect(channelNames.filter((name) => hasCapability(FIRST, `channel.${name}`))).toEqual(had.channels);
  expect(calls.filter((name) => hasCapability(FIRST, `call.${name}`))).toEqual(firstCalls);
});

test('what is not said is not there, whatever else is', () => {
  const told = ['hologram', 'view.hologram', 'view.viewer', 'constructor', '__proto__', ''];
  expect(viewNames.filter((name) => hasCapability(told, `view.${name}`))).toEqual(['viewer']);
  expect(channelNames.filter((name) => hasCapability(told, `channel.${name}`))).toEqual([]);
  expect(calls.filter((name) => hasCapability([], `call.${name}`))).toEqual([
    'hello',
    'catalogue.get',
    'icon.get',
    'request.create',
    'request.cancel',
    'session.end',
    'session.resume',
  ]);
});
