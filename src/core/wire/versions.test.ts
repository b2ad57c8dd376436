// What becomes of what another version says: made from the schemas, so that no new word, field or notice can be forgotten.
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { check } from '../../contract/check.ts';
import { rowOfKind } from '../../contract/kinds.ts';
import { offerSchema } from '../../contract/offers.ts';
import { isWithin, noPowers } from '../../contract/powers.ts';
import { MAX_WINDOWS } from '../../contract/sessions.ts';
import { powerNames } from '../../contract/views.ts';
import {
  type HostNotice,
  helloSchema,
  hostNotices,
  MAX_OFFERS,
  type VisitorCall,
  visitorCalls,
} from './peer-protocol.ts';

const id = '3b241101-e2bb-4255-8caf-4136c566a962';
const hash = 'a'.repeat(64);
const everything = {
  ...{ clipboardIn: true, clipboardOut: true, network: 'internet', files: true },
  ...{ isViewOnly: false, timeLimitMin: 60 },
};
const problem = { code: 'peer-paused', params: { exitCode: 1 } };
const window = { id: 1, title: 'Draft', isDialog: false, parentId: 2, isActive: true, canClose: true };
const session = {
  ...{ sessionId: id, containerHostKey: 'ssh-ed25519 AAAA', classicPort: 4321 },
  ...{ powers: everything, remainingMs: 1000, maxUploadBytes: 1024 },
};
const hello = { protocol: 2, oldest: 2, name: 'Bob', capabilities: ['viewer'] };
const size = { width: 800, height: 600 };

const notices: Readonly<Record<HostNotice, object>> = {
  'catalogue.changed': {},
  'request.answered': { requestId: id, answer: 'granted', session, problem, isQuit: false },
  'session.changed': { sessionId: id, powers: everything, remainingMs: 1000 },
  'session.windows': { sessionId: id, windows: [window] },
  'session.closing': { sessionId: id, closing: 'asking' },
  'session.ended': { sessionId: id, reason: 'host', isQuit: true, exitCode: 1, problem, lastWords: ['no sound'] },
  'verify.answered': { commitment: hash, isSame: true },
  'verify.cancelled': { commitment: hash },
};
const calls: Readonly<Record<VisitorCall, { readonly input: object; readonly output: object }>> = {
  hello: { input: hello, output: hello },
  'catalogue.get': { input: {}, output: { offers: [{}], isCut: false } },
  'icon.get': { input: { hash }, output: { data: 'AAAA' } },
  'request.create': {
    input: { offerId: 'app:xcalc', view: 'viewer', powers: everything, size },
    output: { requestId: id, answerTimeoutMs: 1 },
  },
  'request.cancel': { input: { requestId: id }, output: {} },
  'session.end': { input: { sessionId: id }, output: {} },
  'session.close': { input: { sessionId: id }, output: {} },
  'session.keep': { input: { sessionId: id }, output: {} },
  'window.activate': { input: { sessionId: id, windowId: 1 }, output: {} },
  'window.close': { input: { sessionId: id, windowId: 1 }, output: {} },
  'session.resume': { input: { sessionId: id }, output: {} },
  'verify.begin': { input: { commitment: hash }, output: { nonce: hash } },
  'verify.reveal': { input: { commitment: hash, nonce: hash }, output: {} },
  'verify.answer': { input: { commitment: hash, isSame: true }, output: {} },
  'verify.cancel': { input: { commitment: hash }, output: {} },
};

interface Message {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly sample: object;
}
const told: readonly Message[] = Object.entries(notices).map(([name, sample]) => ({
  name,
  schema: hostNotices[name as HostNotice],
  sample,
}));
const asked: readonly Message[] = Object.entries(calls).flatMap(([name, { input, output }]) => [
  { name: `${name} input`, schema: visitorCalls[name as VisitorCall].input, sample: input },
  { name: `${name} output`, schema: visitorCalls[name as VisitorCall].output, sample: output },
]);
const messages = [...told, ...asked];

type Path = readonly string[];
interface Field {
  readonly path: Path;
  readonly type: 'word' | 'object' | 'other';
}

/** What is read of zod's own description of a schema. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
}
const definitionOf = (schema: z.ZodType) => schema.def as Definition;

/** Every field of a schema. A `word` is an enum, or a text with a transform before or after it. */
function fieldsOf(schema: z.ZodType, path: Path = []): readonly Field[] {
  const { type, shape, element, innerType, in: before, out: after } = definitionOf(schema);
  if (shape !== undefined) {
    const own: readonly Field[] = path.length === 0 ? [] : [{ path, type: 'object' }];
    return [...own, ...Object.entries(shape).flatMap(([key, inner]) => fieldsOf(inner, [...path, key]))];
  }
  if (element !== undefined) return fieldsOf(element, [...path, '0']);
  if (innerType !== undefined) return fieldsOf(innerType, path);
  if (before !== undefined && after !== undefined) {
    const [first, then] = [definitionOf(before).type, definitionOf(after).type];
    if ([first, then].includes('transform') && [first, then].includes('string')) return [{ path, type: 'word' }];
    return fieldsOf(first === 'transform' ? after : before, path);
  }
  if (type === 'enum') return [{ path, type: 'word' }];
  if (['string', 'number', 'boolean', 'unknown', 'record'].includes(type)) return [{ path, type: 'other' }];
  throw new Error(`say here what a ${type} at ${path.join('.')} is`);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((part, key) => (part as Record<string, unknown> | null)?.[key], value);
}

/** A copy with another value in one place; without it for undefined. */
function changedAt(value: object, path: Path, change: unknown): object {
  const copy = structuredClone(value);
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string, unknown>;
  const key = path.at(-1) ?? '';
  if (change === undefined) delete parent[key];
  else parent[key] = change;
  return copy;
}

test('the messages of this test have every field', () => {
  for (const { name, schema, sample } of messages) {
    expect(check(schema, sample).success, name).toBe(true);
    for (const { path } of fieldsOf(schema))
      expect(valueAt(sample, path), [name, ...path].join('.')).not.toBeUndefined();
  }
});

test('each word that a newer version has is read as the safe one, and says here what that is', () => {
  const becomes = messages.flatMap(({ name, schema, sample }) =>
    fieldsOf(schema)
      .filter(({ type }) => type === 'word')
      .map(({ path }) => {
        const read = check(schema, changedAt(sample, path, 'from-the-future'));
        return [[name, ...path].join('.'), read.success ? valueAt(read.data, path) : 'the message is refused'];
      }),
  );
  expect(Object.fromEntries(becomes)).toEqual({
    'request.answered.answer': 'failed',
    'request.answered.session.powers.network': 'none',
    'request.answered.problem.code': 'internal',
    'session.changed.powers.network': 'none',
    'session.closing.closing': 'closing',
    'session.ended.reason': 'failed',
    'session.ended.problem.code': 'internal',
    // Refused by the host by this name (host/calls.test.ts).
    'request.create input.view': 'from-the-future',
    'request.create input.powers.network': 'none',
  });
});

test('what is no word at all is no word of a newer version', () => {
  for (const { name, schema, sample } of told)
    for (const { path } of fieldsOf(schema).filter(({ type }) => type === 'word'))
      for (const odd of [7, {}, ['failed']]) {
        const read = check(schema, changedAt(sample, path, odd));
        const value = read.success && valueAt(read.data, path);
        expect([false, undefined, 'none'], [name, ...path].join('.')).toContain(value);
      }
});

test('an offer of a kind that only a newer version has is there, by its name', () => {
  const common = { summary: '', categories: [], keywords: [], icon: null, moon: 'full' };
  const offer = { ...common, id: 'hologram:dancer', kind: 'hologram', name: 'Dancer' };
  expect(check(offerSchema, offer).data).toMatchObject({ kind: 'hologram', name: 'Dancer' });
  expect(rowOfKind('hologram').views).toEqual([]);
});

test('fields that only a newer version has are left out, at any depth', () => {
  const withMore = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withMore);
    if (typeof value !== 'object' || value === null) return value;
    return { ...Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withMore(inner)])), moon: 'full' };
  };
  for (const { name, schema, sample } of messages.filter(({ name }) => name !== 'catalogue.get output'))
    expect(check(schema, withMore(sample)).data, name).toEqual(check(schema, sample).data);
});

test('a notice that lacks a field, or has an odd one, still ends what somebody waits for', () => {
  // Without these a notice says nothing; what is in a list is looked at one by one.
  const needed = [/\.(requestId|sessionId|commitment|isSame|windows)$/, /^session\.changed\.powers$/, /\.windows\.0/];
  for (const { name, schema, sample } of told)
    for (const { path, type } of fieldsOf(schema)) {
      const where = [name, ...path].join('.');
      if ((type === 'word' && path.length === 1) || needed.some((one) => one.test(where))) continue;
      for (const odd of [undefined, { odd: true }, -1.5])
        expect(check(schema, changedAt(sample, path, odd)).success, `${where} = ${odd}`).toBe(true);
    }
});

test('a yes is lost only where its session has no id, or no powers', () => {
  const answered = hostNotices['request.answered'];
  const fields = fieldsOf(answered).filter(({ path }) => path[0] === 'session' && path.length === 2);
  expect(fields.length).toBeGreaterThan(4);
  for (const { path } of fields.filter((field) => !['sessionId', 'powers'].includes(field.path[1] ?? '')))
    for (const odd of [undefined, { odd: true }, 'from-the-future', -1.5]) {
      const read = answered.parse(changedAt(notices['request.answered'], path, odd));
      expect(read.session, `${path.join('.')} = ${odd}`).toMatchObject({ sessionId: id, [path[1] ?? '']: null });
    }
});

describe('powers', () => {
  const { input } = visitorCalls['request.create'];
  const wish = calls['request.create'].input;
  const readPowers = (powers: object) => input.parse({ ...wish, powers }).powers;

  test('a power that is missing or odd is absent, and so is one that only a newer version has', () => {
    for (const name of powerNames)
      for (const odd of [undefined, 'from-the-future', 1, null]) {
        const read = readPowers({ ...everything, [name]: odd });
        expect(read[name], `${name} ${odd}`).toBe(noPowers[name]);
      }
    expect(readPowers({ ...everything, microphone: true })).toEqual(everything);
  });

  test('of a limit that is missing or odd the tightest counts', () => {
    for (const odd of [undefined, 'from-the-future', {}, -1])
      expect(readPowers({ ...everything, isViewOnly: odd, timeLimitMin: odd })).toMatchObject({
        isViewOnly: true,
        timeLimitMin: 1,
      });
    expect(isWithin(readPowers({}), { ...noPowers, isViewOnly: true, timeLimitMin: 1 })).toBe(true);
  });
});

test('more capabilities than are looked at are cut, and what is no name is left out', () => {
  const many = Array.from({ length: 20_000 }, (_, number) => `future.${number}`);
  expect(helloSchema.parse({ ...hello, capabilities: ['viewer', ...many.slice(0, 64)] }).capabilities).toHaveLength(65);
  const { capabilities } = helloSchema.parse({ ...hello, capabilities: ['viewer', 7, null, { a: 1 }, ...many] });
  expect(capabilities[0]).toBe('viewer');
  expect(capabilities.length).toBeLessThan(300);
  const words = ['x'.repeat(64), 'x'.repeat(65), 'viewer', 'x'.repeat(60_000)];
  expect(helloSchema.parse({ ...hello, capabilities: words }).capabilities).toEqual(['x'.repeat(64), 'viewer']);
});

test('a list that is longer than this version takes is cut, and a bad entry does not hide the others', () => {
  const many = Array.from({ length: MAX_WINDOWS + 1 }, (_, at) => ({ ...window, id: at + 1 }));
  const { windows } = hostNotices['session.windows'].parse({
    sessionId: id,
    windows: [{ ...window, title: 7 }, ...many],
  });
  expect(windows.map((one) => one.id)).toEqual(many.slice(0, MAX_WINDOWS - 1).map((one) => one.id));
  const offers = Array.from({ length: MAX_OFFERS + 1 }, () => ({}));
  const read = visitorCalls['catalogue.get'].output.parse({ offers, isCut: false });
  expect([read.offers.length, read.isCut]).toEqual([MAX_OFFERS, true]);
});
