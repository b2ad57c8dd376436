// What a peer sends on the control channel, to a host and to a visitor: lines, JSON-RPC, calls, answers, notices, tunnel names.
import { check } from '../../src/contract/check.ts';
import { AppError } from '../../src/contract/errors.ts';
import { createLinePort, type LineStream } from '../../src/contract/line-port.ts';
import { offerSchema } from '../../src/contract/offers.ts';
import { createRpc, parseInput } from '../../src/contract/rpc.ts';
import { readCatalogue } from '../../src/core/peers/read-catalogue.ts';
import type { HostConnection } from '../../src/core/wire/peer-client.ts';
import {
  type HostNotice,
  helloSchema,
  hostNotices,
  parseTunnelPath,
  tunnelPath,
  type VisitorCall,
  visitorCalls,
} from '../../src/core/wire/peer-protocol.ts';
import { bytesOf, claim, claimEqual, claimShowable, type Fuzzer, textOf } from './fuzzer.ts';
import { anyJson, anyText, mutateJson } from './mutate.ts';
import { grantedSession, hello, iconHash, offer, powers, uuid } from './samples.ts';

const words = [
  ...['jsonrpc', '2.0', 'id', 'method', 'params', 'result', 'error', 'code', 'message', 'data', 'not-allowed', uuid],
  ...Object.keys(visitorCalls),
  ...Object.keys(hostNotices),
  ...[
    'protocol',
    'oldest',
    'name',
    'capabilities',
    'offerId',
    'view',
    'viewer',
    'powers',
    'clipboardIn',
    'network',
    'timeLimitMin',
  ],
  ...[
    'size',
    'width',
    'height',
    'requestId',
    'sessionId',
    'answer',
    'granted',
    'session',
    'problem',
    'reason',
    'offers',
  ],
  ...['containerHostKey', 'classicPort', 'exitCode', 'hash', iconHash, offer.id, `session/${uuid}/display`],
];
const line = (message: unknown) => bytesOf(`${JSON.stringify(message)}\n`);
const lines = (...messages: unknown[]) => Buffer.concat(messages.map(line));
const request = (method: string, params: unknown, id = 1) => ({ jsonrpc: '2.0', id, method, params });

/** A stream that gives what it is fed, and keeps what is written. */
class FedStream implements LineStream {
  readonly written: string[] = [];
  readonly writableLength = 0;
  isDestroyed = false;
  #onData: ((chunk: Uint8Array) => void) | undefined;
  write(chunk: string): boolean {
    this.written.push(chunk);
    return true;
  }
  end(callback: () => void): void {
    callback();
  }
  destroy(): void {
    this.isDestroyed = true;
  }
  // Only a port with a budget lets a stream wait.
  pause(): void {}
  resume(): void {}
  unshift(): void {}
  on(event: string, listener: (value: never) => void): void {
    if (event === 'data') this.#onData = listener as never;
  }
  feed(chunk: Uint8Array): void {
    if (!this.isDestroyed) this.#onData?.(chunk);
  }
}

const MAX_LINE_BYTES = 4096;

/** What the line port must make of the bytes, said in another way. */
function expectedMessages(bytes: Uint8Array): unknown[] {
  const messages: unknown[] = [];
  const parts = Buffer.from(bytes).toString('latin1').split('\n');
  const rest = parts.pop() ?? '';
  for (const part of parts) {
    if (part.length > MAX_LINE_BYTES) return messages;
    if (part === '') continue;
    try {
      messages.push(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'latin1'))));
    } catch {
      return messages;
    }
  }
  void rest;
  return messages;
}

export const controlLines: Fuzzer = {
  name: 'control-lines',
  maxBytes: 64 * 1024,
  dictionary: ['{"a":1}\n', '\n', '\n\n', '"', '[', '{'],
  seeds: () => [line({ a: 'ä' }), lines({ a: 1 }, 2, null), bytesOf('\n\n{}\n{'), bytesOf('\ufeff{}\n')],
  start: () => ({
    run: (input) => {
      const expected = expectedMessages(input);
      // However the bytes are cut, the messages are the same.
      for (const chunkBytes of [1, 7, 1024, input.length + 1]) {
        if (chunkBytes === 1 && input.length > 8192) continue;
        const stream = new FedStream();
        const messages: unknown[] = [];
        const port = createLinePort(stream, { maxLineBytes: MAX_LINE_BYTES });
        port.onMessage((message) => messages.push(message));
        for (let at = 0; at < input.length; at += chunkBytes) stream.feed(input.subarray(at, at + chunkBytes));
        claimEqual(messages, expected, 'the messages');
        const told = messages.length;
        port.close();
        stream.feed(bytesOf('{}\n'));
        claim(messages.length === told, 'nothing is told after the port was closed');
      }
    },
  }),
};

/** Answers of a host that means well. */
const goodAnswers: { readonly [C in VisitorCall]: unknown } = {
  hello,
  'catalogue.get': { offers: [offer] },
  'icon.get': { data: 'iVBORw0KGgo=' },
  'request.create': { requestId: uuid, answerTimeoutMs: 60_000 },
  'request.cancel': {},
  'session.end': {},
  'session.close': {},
  'session.keep': {},
  'window.activate': {},
  'window.close': {},
  'session.resume': {},
  'verify.begin': { nonce: 'ab'.repeat(32) },
  'verify.reveal': {},
  'verify.answer': {},
  'verify.cancel': {},
};

export const controlCalls: Fuzzer = {
  name: 'control-calls',
  maxBytes: 256 * 1024,
  dictionary: words,
  seeds: () => [
    line(request('hello', hello)),
    lines(
      request('request.create', {
        offerId: offer.id,
        view: 'viewer',
        powers,
        size: { width: 800, height: 600 },
      }),
      request('session.end', { sessionId: uuid }, 2),
    ),
    line(request('icon.get', { hash: iconHash })),
    lines(
      request('verify.begin', { commitment: iconHash }),
      request('verify.answer', { commitment: iconHash, isSame: true }, 2),
    ),
    lines(request('catalogue.get', {}), request('nothing', null, 2), { jsonrpc: '2.0', method: 'catalogue.changed' }),
  ],
  generate: (random) =>
    lines(
      ...random.some(5, () =>
        request(random.pick(Object.keys(visitorCalls)), anyJson(random, words), random.below(10)),
      ),
    ),
  mutate: (random, input) => mutateJson(random, input, words),
  start: () => ({
    run: async (input) => {
      const stream = new FedStream();
      let calls = 0;
      let answers = 0;
      let bug: unknown;
      const port = createLinePort(stream, { maxLineBytes: 4 * 1024 * 1024 });
      createRpc(port, {
        hasMethod: (method) => Object.hasOwn(visitorCalls, method),
        onCall: async (method, params) => {
          const call = method as VisitorCall;
          const parsed = parseInput(visitorCalls[call].input, params, call);
          calls += 1;
          claimEqual(visitorCalls[call].input.parse(parsed), parsed, 'an input that was taken passes its schema again');
          return goodAnswers[call];
        },
        onBug: (error) => {
          bug ??= error;
        },
      });
      stream.feed(input);
      if (input.at(-1) !== 0x0a) stream.feed(bytesOf('\n'));
      await new Promise(setImmediate);
      if (bug !== undefined) throw bug;
      for (const written of stream.written) {
        claim(written.endsWith('\n') && written.indexOf('\n') === written.length - 1, 'an answer is one line');
        const answer = JSON.parse(written) as Record<string, unknown>;
        claim(Number.isInteger(answer['id']) && 'result' in answer !== 'error' in answer, 'an answer is an answer');
        if ('result' in answer) answers += 1;
        else {
          const { code, data } = answer['error'] as { code: unknown; data: never };
          claim(Number.isInteger(code), 'an error has a code');
          const problem: { code: string; params: object } = data;
          claim(typeof problem.code === 'string' && JSON.stringify(problem).length < 20_000, 'an error is short');
        }
      }
      claim(answers === calls || stream.isDestroyed, 'every call that was taken is answered once');
    },
  }),
};

export const controlAnswers: Fuzzer = {
  name: 'control-answers',
  maxBytes: 256 * 1024,
  dictionary: words,
  seeds: () => [
    lines(...Object.values(goodAnswers).map((result, index) => ({ jsonrpc: '2.0', id: index + 1, result }))),
    lines({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'no', data: { code: 'not-allowed', params: {} } } }),
    lines(
      {
        jsonrpc: '2.0',
        method: 'request.answered',
        params: { requestId: uuid, answer: 'granted', session: grantedSession, problem: null },
      },
      {
        jsonrpc: '2.0',
        method: 'session.ended',
        params: {
          sessionId: uuid,
          reason: 'failed',
          exitCode: 1,
          problem: { code: 'disk-full', params: { path: '/' } },
        },
      },
      { jsonrpc: '2.0', method: 'session.changed', params: { sessionId: uuid, powers, remainingMs: 60_000 } },
      {
        jsonrpc: '2.0',
        method: 'session.windows',
        params: {
          sessionId: uuid,
          windows: [{ id: 1, title: 'a.txt', isDialog: false, isActive: true, canClose: true }],
        },
      },
      { jsonrpc: '2.0', method: 'session.closing', params: { sessionId: uuid, closing: 'asking' } },
      { jsonrpc: '2.0', method: 'catalogue.changed', params: {} },
    ),
  ],
  generate: (random) =>
    lines(...random.some(5, () => ({ jsonrpc: '2.0', id: 1 + random.below(8), result: anyJson(random, words) })), {
      jsonrpc: '2.0',
      method: random.pick(Object.keys(hostNotices)),
      params: anyJson(random, words),
    }),
  mutate: (random, input) => mutateJson(random, input, words),
  start: () => ({
    run: async (input) => {
      const stream = new FedStream();
      const port = createLinePort(stream, { maxLineBytes: 4 * 1024 * 1024 });
      let fault: unknown;
      const rpc = createRpc(port, {
        onNotification: (method, params) => {
          if (!Object.hasOwn(hostNotices, method)) return;
          const value = check(hostNotices[method as HostNotice] as (typeof hostNotices)[HostNotice], params);
          if (!value.success || !('session' in value.data)) return;
          const hostKey = value.data.session?.containerHostKey ?? 'ssh-ed25519 A';
          // It becomes a line of a known_hosts file, next to ours.
          if (!/^ssh-ed25519 [\w+/=]+$/.test(hostKey) || hostKey.includes('\n'))
            fault ??= new Error('a host key is a line');
        },
      });
      const pending = (Object.keys(visitorCalls) as VisitorCall[]).map(async (call) => {
        const output = await rpc.call(call, {});
        return parseInput(visitorCalls[call].output, output, call);
      });
      const settled = Promise.allSettled(pending);
      stream.feed(input);
      stream.feed(bytesOf('\n'));
      rpc.close();
      for (const result of await settled) {
        if (result.status === 'rejected' && !(result.reason instanceof AppError)) throw result.reason;
      }
      if (fault !== undefined) throw fault;
      const [catalogue] = (await settled).filter((_, index) => Object.keys(visitorCalls)[index] === 'catalogue.get');
      if (catalogue?.status === 'fulfilled') await checkCatalogue(catalogue.value as { offers: unknown[] });
      const [greeting] = await settled;
      if (greeting?.status === 'fulfilled') helloSchema.parse(greeting.value);
    },
  }),
};

async function checkCatalogue(answer: { readonly offers: unknown[] }): Promise<void> {
  const connection = { call: async () => answer } as unknown as HostConnection;
  for (const each of (await readCatalogue(connection)).offers) {
    offerSchema.parse(each);
    for (const text of [each.name, each.summary]) claimShowable(text, 'an offer of a peer');
  }
}

export const catalogue: Fuzzer = {
  name: 'catalogue',
  maxBytes: 256 * 1024,
  dictionary: [...Object.keys(offer), 'app:x', 'service', '\u202e', '\u0301'],
  seeds: () => [line([offer]), line([offer, { ...offer, kind: 'web', id: 'web:x', icon: null }])],
  generate: (random) =>
    line(
      random.some(10, () => ({
        ...offer,
        [random.pick(Object.keys(offer))]: anyText(random, ['app:', 'a'.repeat(199)]),
      })),
    ),
  mutate: (random, input) => mutateJson(random, input, [...Object.keys(offer), offer.id]),
  start: () => ({
    run: async (input) => {
      let offers: unknown;
      try {
        offers = JSON.parse(textOf(input));
      } catch {
        return;
      }
      if (Array.isArray(offers)) await checkCatalogue({ offers });
    },
  }),
};

export const tunnelNames: Fuzzer = {
  name: 'tunnel-names',
  maxBytes: 64 * 1024,
  dictionary: ['session/', '/display', '/ssh', '/files', uuid, '-', '/..', '\0', '\n'],
  seeds: () => [
    bytesOf(tunnelPath(uuid, 'display')),
    bytesOf(tunnelPath(uuid, 'ssh')),
    bytesOf(tunnelPath(uuid, 'files')),
  ],
  start: () => ({
    run: (input) => {
      const path = textOf(input);
      const parsed = parseTunnelPath(path);
      if (parsed === null) return;
      claimEqual(tunnelPath(parsed.sessionId, parsed.end), path, 'a name that was taken is what we would have written');
      claim(/^[0-9a-f-]{36}$/.test(parsed.sessionId), 'a session id holds no path');
    },
  }),
};
