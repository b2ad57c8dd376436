// What web pages, other programs and the command line send to the shells: HTTP, the contract, addresses of windows, words.
import { connect } from 'node:net';
import { join } from 'node:path';
import { formatLine } from '../../src/cli/commands/logs.ts';
import { ToldError, UsageError } from '../../src/cli/exit-codes.ts';
import { findById, findOffer, findPeer } from '../../src/cli/find.ts';
import { createOutput, toSafeJson } from '../../src/cli/output.ts';
import { runCli } from '../../src/cli/run.ts';
import { createClient, serveContract, type TopicSources } from '../../src/contract/client.ts';
import { type Handlers, methods, topics } from '../../src/contract/contract.ts';
import { createLinePort } from '../../src/contract/line-port.ts';
import { createPortPair } from '../../src/contract/port.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { State } from '../../src/core/lib/state.ts';
import { startLocalSocket } from '../../src/core/local-socket/local-socket.ts';
import { FakeCore } from '../../src/headless/fake-core.test-support.ts';
import { parseFlags } from '../../src/headless/flags.ts';
import { startBrowserServer } from '../../src/headless/server.ts';
import { readArguments } from '../../src/main/arguments.ts';
import { windowOfUrl } from '../../src/main/protocol.ts';
import { pageHash, parsePage } from '../../src/renderer/lib/pages.ts';
import { parseWindowRoute, viewerQuery } from '../../src/renderer/lib/route.ts';
import { allow, bytesOf, claim, claimEqual, type Fuzzer, temporaryFolder, textOf } from './fuzzer.ts';
import { anyJson, anyText, mutateJson } from './mutate.ts';
import { iconHash, offer, peer, peerId, powers, rule, uuid } from './samples.ts';

const SECRET_BODY = 'the page of the person';

/** Sends the bytes and gives all that comes back until the other side or a pause ends it. */
function talk(where: { readonly port: number; readonly host: string } | { readonly path: string }, bytes: Uint8Array) {
  return new Promise<string>((resolve, reject) => {
    const socket = connect(where);
    let answer = '';
    const finish = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => reject(new Error('no answer and no end')));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', finish);
    // Refused in the middle of what was still being sent.
    socket.on('error', finish);
    socket.end(bytes);
  });
}

const get = (path: string, ...headers: readonly string[]) =>
  bytesOf([`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1:PORT', 'Connection: close', ...headers, '', ''].join('\r\n'));

export const browserGate: Fuzzer = {
  name: 'browser-gate',
  maxBytes: 32 * 1024,
  allowanceMs: 1000,
  dictionary: [
    ...[
      'GET ',
      'POST ',
      'HEAD ',
      ' HTTP/1.1\r\n',
      'Host: 127.0.0.1:PORT\r\n',
      'Host: localhost:PORT\r\n',
      'Host: evil.example\r\n',
    ],
    ...[
      'Origin: http://127.0.0.1:PORT\r\n',
      'Origin: null\r\n',
      'Cookie: ebp-PORT=\r\n',
      'Sec-Fetch-Site: cross-site\r\n',
      '/?token=',
    ],
    ...[
      'Upgrade: websocket\r\n',
      'Connection: Upgrade\r\n',
      'Sec-WebSocket-Version: 13\r\n',
      '/contract',
      `/display/${uuid}`,
      '\r\n\r\n',
    ],
    ...[
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Content-Length: 5\r\n',
      `/icons/${iconHash}`,
      '//',
    ],
  ],
  seeds: () => [
    get('/'),
    get('/?token=wrong&window=popup'),
    get(
      '/contract',
      'Origin: http://127.0.0.1:PORT',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ),
    get(`/icons/${iconHash}`, 'Cookie: ebp-PORT=abc; x=y', 'Sec-Fetch-Site: same-origin'),
    bytesOf('POST / HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:PORT\r\nContent-Length: 3\r\n\r\nabc'),
  ],
  start: async () => {
    const folder = await temporaryFolder();
    const page = { type: 'text/html', bytes: bytesOf(SECRET_BODY), isImmutable: false };
    const core = new FakeCore();
    const server = await startBrowserServer({
      core: core as never,
      profileDir: join(folder.path, 'profile'),
      files: new Map([
        ['/', page],
        ['/index.html', page],
      ]),
      port: 0,
      log: silentLog,
    });
    return {
      run: async (input) => {
        const request = Buffer.from(
          Buffer.from(input).toString('latin1').replaceAll('PORT', String(server.port)),
          'latin1',
        );
        const answer = await talk({ port: server.port, host: '127.0.0.1' }, request);
        claim(!answer.includes(SECRET_BODY), 'nobody sees the page without the cookie');
        claim(core.ports.length === 0, 'nobody gets the contract without the cookie');
        claim(!/^set-cookie:/im.test(answer), 'nobody is signed in without the token');
        // Several requests may follow each other on one connection.
        for (const [head, status] of answer.matchAll(/^HTTP\/1\.1 (\d{3}) [\s\S]*?(?:\r\n\r\n|$)/gm)) {
          claim(
            ['400', '401', '403', '404', '405', '408', '413', '417', '431', '101'].includes(status ?? ''),
            `status ${status}`,
          );
          claim(status !== '101', 'no WebSocket opens without the cookie');
          const isOurs = /^content-security-policy:/im.test(head);
          claim(isOurs || !/^content-type: text\/html/im.test(head), 'every page has its policy');
        }
      },
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
};

const contractWords = [
  ...[
    'jsonrpc',
    '2.0',
    'id',
    'method',
    'params',
    ...Object.keys(methods),
    'peerId',
    'offerId',
    'view',
    'viewer',
    'offerIds',
  ],
  ...[
    'all',
    'isShared',
    'askId',
    'requestId',
    'answer',
    'once',
    'always',
    'sessionId',
    'ruleId',
    'maxLines',
    uuid,
    peerId,
    offer.id,
  ],
];
const call = (method: string, params: unknown, id = 1) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;

/** Takes what its schema took, and answers nothing much. */
const handlers = Object.fromEntries(
  Object.keys(methods).map((name) => [
    name,
    (input: unknown) => {
      claimEqual(methods[name as keyof typeof methods].input.parse(input), input, 'an input passes its schema again');
      return {};
    },
  ]),
) as unknown as Handlers;
const sources = Object.fromEntries(
  Object.keys(topics).map((name) => [name, new State<unknown>(null)]),
) as unknown as TopicSources;

export const localSocket: Fuzzer = {
  name: 'local-socket',
  maxBytes: 256 * 1024,
  allowanceMs: 1000,
  dictionary: contractWords,
  seeds: () => [
    bytesOf(call('sessions.end', { sessionId: uuid }) + call('health.check', {}, 2)),
    bytesOf(call('offers.share', { offerIds: [offer.id], isShared: true })),
    bytesOf(call('asks.create', { peerId, offerId: offer.id, view: 'viewer', powers })),
    bytesOf(call('settings.update', { name: 'Bob', mounts: [{ path: '/', mode: 'ro' }] })),
  ],
  generate: (random) =>
    bytesOf(random.some(4, () => call(random.pick(Object.keys(methods)), anyJson(random, contractWords))).join('')),
  mutate: (random, input) => mutateJson(random, input, contractWords),
  start: async () => {
    const folder = await temporaryFolder();
    let bug: unknown;
    const local = await startLocalSocket({
      profileDir: join(folder.path, 'profile'),
      runtimeDir: join(folder.path, 'run'),
      log: silentLog,
    });
    local.serve((port) =>
      serveContract(port, 1 as never, handlers, sources, (error) => {
        bug ??= error;
      }),
    );
    // One that behaves, all the time: what another sends must not reach it.
    const good = connect(local.path);
    const client = createClient(createLinePort(good, { maxLineBytes: 1024 * 1024 }));
    await client.ready;
    return {
      run: async (input) => {
        bug = undefined;
        const answer = await talk({ path: local.path }, input);
        if (bug !== undefined) throw bug;
        for (const line of answer.split('\n').slice(0, -1)) JSON.parse(line);
        await client.call('health.check', {});
      },
      [Symbol.asyncDispose]: async () => {
        client.close();
        await local[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
};

export const contractTopics: Fuzzer = {
  name: 'contract-topics',
  maxBytes: 64 * 1024,
  dictionary: [...Object.keys(topics), 'jsonrpc', '2.0', 'method', 'params'],
  seeds: () => [bytesOf(JSON.stringify({ jsonrpc: '2.0', method: 'peers', params: [peer] }))],
  mutate: (random, input) => mutateJson(random, input, Object.keys(topics)),
  start: () => ({
    run: async (input) => {
      const [near, far] = createPortPair();
      const client = createClient(near);
      let message: unknown;
      try {
        message = JSON.parse(textOf(input));
      } catch {
        return;
      }
      far.post(message);
      await new Promise(setImmediate);
      for (const topic of Object.keys(topics)) client.read(topic as keyof typeof topics);
      client.close();
    },
  }),
};

const route = `?${new URLSearchParams({ window: 'viewer', launch: peerId, offer: offer.id, view: 'native' })}`;

export const routes: Fuzzer = {
  name: 'routes',
  maxBytes: 32 * 1024,
  dictionary: [
    'app://ebp/',
    '?window=viewer',
    '&ask=',
    uuid,
    '#peer/',
    '#settings/people',
    '%',
    '@',
    'https:',
    '\\',
    'app:ebp',
    '--profile=',
  ],
  seeds: () =>
    ['app://ebp/', `app://ebp/${route}`, route, `#peer/${encodeURIComponent(peerId)}`, '--profile\0x\0--hidden'].map(
      bytesOf,
    ),
  start: () => ({
    run: (input) => {
      const text = textOf(input);
      const kind = windowOfUrl(text);
      if (kind !== null) claim(new URL(text).href.startsWith('app://ebp/'), 'a window of ours has our origin');
      const window = parseWindowRoute(text);
      if (window.window === 'viewer' && window.launch !== null)
        claimEqual(
          parseWindowRoute(viewerQuery({ launch: window.launch })),
          { ...window, askId: null, sessionId: null },
          'a launch',
        );
      const page = parsePage(text);
      claimEqual(parsePage(pageHash(page)), page, 'a page, written and read again');
      readArguments(text.split('\0'));
    },
  }),
};

/** Those that start something, open something or wait are not for a fuzzer; neither is a profile of this computer. */
const HARMLESS = [
  'status',
  'peers',
  'apps',
  'requests',
  'sessions',
  'logs',
  'share',
  'accept',
  'end',
  '--help',
  '--version',
];

export const commandLines: Fuzzer = {
  name: 'command-lines',
  maxBytes: 16 * 1024,
  dictionary: [
    ...HARMLESS,
    '--json',
    '-n',
    '--port=',
    '--name',
    '--profile',
    '--no-open',
    '\0',
    '--',
    peerId,
    'Bob',
    uuid,
  ],
  seeds: () =>
    ['status\0--json', 'logs\0-n\x005', 'accept\x000b2f1c9e', '--port\x0080\0--name\0Bob', 'Bob'].map(bytesOf),
  generate: (random) =>
    bytesOf(random.some(6, () => (random.oneIn(2) ? random.pick(HARMLESS) : anyText(random))).join('\0')),
  start: async () => {
    const folder = await temporaryFolder();
    const profile = join(folder.path, 'no-profile');
    return {
      run: async (input) => {
        const text = textOf(input);
        const args = text.split('\0');
        allow(
          (error) => error instanceof Error && !error.message.includes('\n'),
          () => parseFlags(args),
        );
        const isTold = (error: unknown) => error instanceof UsageError || error instanceof ToldError;
        allow(isTold, () => findPeer([peer, { ...peer, name: text.slice(0, 100) }], text));
        allow(isTold, () => findOffer([offer, { ...offer, name: text }], text, 'offer'));
        allow(isTold, () => findById([{ id: uuid }], text, 'session', ({ id }) => id));
        const [first = ''] = args.filter((arg) => !arg.startsWith('-'));
        if (!HARMLESS.includes(first) || text.includes('profile')) return;
        let written = '';
        const code = await runCli([...args, '--profile', profile], {
          version: '1',
          findProfileDir: () => profile,
          hasColours: false,
          writeOut: (part) => {
            written += part;
          },
          writeError: (part) => {
            written += part;
          },
          signal: AbortSignal.timeout(2000),
        });
        claim(Number.isInteger(code), 'a command ends with a code');
        checkTerminal(written, false);
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};

/** What reaches a terminal may have line ends and, where we paint, our own colours. */
function checkTerminal(text: string, hasColours: boolean): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: so do colours begin
  const rest = hasColours ? text.replace(/\u001b\[\d+m/g, '') : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const bad = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.exec(rest);
  claim(bad === null, `a terminal gets U+${bad?.[0].codePointAt(0)?.toString(16)}`);
}

export const terminalLines: Fuzzer = {
  name: 'terminal-lines',
  maxBytes: 64 * 1024,
  dictionary: [
    '"time":',
    '"level":30',
    '"msg":',
    '\u001b[2J',
    '\u009b',
    '\u202e',
    '\r',
    '{"stack":"x","message":',
    'toString',
  ],
  seeds: () => [
    bytesOf(JSON.stringify({ level: 30, time: 1_700_000_000_000, msg: 'session started', peerId, ms: 3 })),
    bytesOf(
      JSON.stringify({ level: 50, time: '2026-01-01T00:00:00Z', msg: 'x', err: { stack: 's', message: 'm' }, rule }),
    ),
  ],
  generate: (random) =>
    bytesOf(JSON.stringify({ level: 30, time: anyJson(random), msg: anyJson(random), x: anyText(random) })),
  mutate: (random, input) => mutateJson(random, input, ['level', 'time', 'msg', 'err', 'stack', 'message', 'toString']),
  start: () => ({
    run: (input) => {
      const text = textOf(input);
      let written = '';
      const writeOut = (part: string) => {
        written += part;
      };
      const options = { isJson: false, hasColours: true, writeOut, writeError: writeOut };
      const output = createOutput(options);
      const line = formatLine(text, output);
      claim(!line.includes('\n'), 'a line of the log is one line');
      checkTerminal(line, true);
      output.table(
        ['a', 'b'],
        [
          [text, 'x'],
          [text.slice(0, 5), text],
        ],
        '',
      );
      claim(written.split('\n').length === 4, 'a row is one line');
      checkTerminal(written, true);
      const json = toSafeJson({ text });
      claimEqual(
        JSON.parse(json),
        { text: text.toWellFormed() === text ? text : JSON.parse(JSON.stringify(text)) },
        'JSON',
      );
      checkTerminal(json, false);
    },
  }),
};
