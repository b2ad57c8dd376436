import { expect, test } from 'vitest';
import { channelNames, rowOf, viewNames } from '../../contract/views.ts';
import { CAPABILITIES, hasCapability } from './capabilities.ts';
import { type VisitorCall, visitorCalls } from './peer-protocol.ts';

/** What version 0.1 says. */
const FIRST = ['viewer', 'native', 'classic', 'verify', 'files', 'windows', 'close'];
const calls = Object.keys(visitorCalls) as VisitorCall[];

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
  for (const name of ['viewer', 'native', 'ssh-command'] as const) {
    expect(hasCapability(FIRST, `view.${name}`), name).toBe(true);
    for (const channel of rowOf(name).channels) expect(hasCapability(FIRST, `channel.${channel}`), channel).toBe(true);
  }
  for (const name of calls) expect(hasCapability(FIRST, `call.${name}`), name).toBe(true);
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
