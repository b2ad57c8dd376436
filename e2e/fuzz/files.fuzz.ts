// Files of our own that somebody or something damaged, and tables of the kernel.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../../src/contract/check.ts';
import { ruleSchema } from '../../src/contract/consent.ts';
import { AppError } from '../../src/contract/errors.ts';
import { type PeerId, peerIdSchema } from '../../src/contract/ids.ts';
import { browserFileSchema, coreFileSchema } from '../../src/contract/profile.ts';
import { settingsSchema } from '../../src/contract/settings.ts';
import { openRules } from '../../src/core/consent/rules.ts';
import { parseListeningPorts } from '../../src/core/container/engines/bubblewrap/listening-ports.ts';
import { JsonFile } from '../../src/core/lib/json-file.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { openPeerBook } from '../../src/core/peers/peer-book.ts';
import { startSettings } from '../../src/core/settings/settings.ts';
import { openAccessFile } from '../../src/headless/access.ts';
import { findOwner } from '../../src/headless/gate.ts';
import { bytesOf, claim, claimEqual, claimShowable, type Fuzzer, temporaryFolder, textOf } from './fuzzer.ts';
import { anyJson, mutateJson } from './mutate.ts';
import type { Random } from './random.ts';
import { offer, peerId, rule } from './samples.ts';

const person = { fullName: 'Bob', userName: 'bob', hostName: 'laptop' };
const settings = {
  name: 'Bob',
  isSetUp: true,
  isPaused: true,
  isSharedByDefault: false,
  sharedByOfferId: { [offer.id]: true, 'app:x': false },
  mounts: [{ path: '/srv', mode: 'ro' }],
  logLevel: 'info',
  peerPort: 20101,
  answerTimeoutS: 60,
  audience: { who: 'everybody' },
  quietHours: { isOn: true, from: '22:00', to: '07:00' },
  addresses: ['10.7.0.2'],
};
const knownPeer = { id: peerId, name: 'Bob', address: '10.7.0.2', localName: null, verifiedAt: 1, isBlocked: true };
const otherId = `SHA256:${'z'.repeat(43)}` as PeerId;

interface Stored {
  readonly file: string;
  readonly good: unknown;
  /** Opens the file as the core does, checks what came out, changes something, and gives what is stored. */
  readonly open: (profileDir: string) => Promise<unknown>;
}

const stored: readonly Stored[] = [
  {
    file: 'settings.json',
    good: settings,
    open: async (profileDir) => {
      const home = profileDir;
      await using part = await startSettings({ profileDir, log: silentLog, person, env: {}, home, platform: 'darwin' });
      settingsSchema.parse(part.state.value);
      claimShowable(part.state.value.name, 'the name');
      await part.update({ answerTimeoutS: 61 });
      return part.state.value;
    },
  },
  {
    file: 'rules.json',
    good: { rules: [rule, { ...rule, id: '11111111-6d0a-4e0e-9b62-3f1d2a7c5e88', answer: 'deny' }] },
    open: async (profileDir) => {
      const rules = await openRules({ profileDir, isVerified: () => true, log: silentLog });
      z.array(ruleSchema).parse(rules.state.value);
      await rules.remove(rule.id);
      return rules.state.value;
    },
  },
  {
    file: 'peers.json',
    good: { peers: [knownPeer] },
    open: async (profileDir) => {
      const peers = await openPeerBook({ profileDir, log: silentLog });
      for (const each of peers.state.value) peerIdSchema.parse(each.id);
      peers.faceOf(peerId, 'Bob', '10.7.0.2');
      await peers.update(otherId, 'Eve'.repeat(100), { isBlocked: true }).catch((error: unknown) => {
        claim(error instanceof AppError, 'a full book says so');
      });
      return peers.state.value;
    },
  },
  {
    file: 'container.json',
    good: { peerId, peerName: 'Bob' },
    open: async (profileDir) => {
      const schema = z.object({ peerId: peerIdSchema, peerName: z.string().max(100) });
      const initial = { peerId, peerName: 'Alice' };
      const file = await JsonFile.open({ path: join(profileDir, 'container.json'), schema, initial, log: silentLog });
      return await file.update((value) => ({ ...value, peerName: 'Eve' }));
    },
  },
  {
    file: 'browser-sessions.json',
    good: { port: 47_800, sessions: [{ hash: 'ab'.repeat(32), port: 47_800, createdAt: 1 }] },
    open: async (profileDir) => {
      const file = await openAccessFile(profileDir, silentLog);
      return await file.update((value) => ({ ...value, port: 47_801 }));
    },
  },
];

const words = [
  ...stored.flatMap(({ good }) => JSON.stringify(good).match(/"[^"]*"/g) ?? []).map((word) => word.slice(1, -1)),
];

/** The first byte says which file it is. */
export const jsonFiles: Fuzzer = {
  name: 'json-files',
  maxBytes: 256 * 1024,
  dictionary: words,
  allowanceMs: 400,
  seeds: () => stored.map(({ good }, index) => bytesOf(`${index}${JSON.stringify(good)}`)),
  generate: (random) => {
    const index = random.below(stored.length);
    return bytesOf(`${index}${JSON.stringify(fill(random, stored[index]?.good))}`);
  },
  mutate: (random, input) => Buffer.concat([input.subarray(0, 1), mutateJson(random, input.subarray(1), words)]),
  start: async () => {
    const folder = await temporaryFolder();
    return {
      run: async (input) => {
        const { file, open } = stored[(input[0] ?? 0) % stored.length] as Stored;
        const profileDir = join(folder.path, 'profile');
        const path = join(profileDir, file);
        await rm(profileDir, { recursive: true, force: true });
        await mkdir(profileDir);
        const bytes = input.subarray(1);
        await writeFile(path, bytes);
        const first = await open(profileDir);
        const others = (await readdir(profileDir)).filter((name) => name !== file);
        claim(others.length <= 1, 'one copy is kept aside at most');
        const [aside] = others;
        if (aside !== undefined) {
          const kept = await readFile(join(profileDir, aside));
          claim(kept.equals(bytes), 'the original is kept as it was');
        }
        // What was written is good: the next start finds no damage and the same values.
        const second = await open(profileDir);
        claimEqual(second, first, `${file}, opened again`);
        claim((await readdir(profileDir)).length === others.length + 1, 'a mended file is not damaged');
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};

/** The shape of the good value, with another value here and there. */
function fill(random: Random, good: unknown): unknown {
  if (random.oneIn(6)) return anyJson(random, words);
  if (Array.isArray(good)) return random.some(6, () => fill(random, good[0]));
  if (typeof good !== 'object' || good === null) return good;
  return Object.fromEntries(Object.entries(good).map(([key, value]) => [key, fill(random, value)]));
}

/** Every good entry of a list stays, whatever stands beside it. */
export const goodEntries: Fuzzer = {
  name: 'good-entries',
  maxBytes: 64 * 1024,
  dictionary: words,
  allowanceMs: 400,
  seeds: () => [bytesOf(JSON.stringify([{ ...knownPeer, id: 1 }, null])), bytesOf('[{}]')],
  generate: (random) => bytesOf(JSON.stringify(random.some(600, () => anyJson(random, words, 2)))),
  mutate: (random, input) => mutateJson(random, input, words),
  start: async () => {
    const folder = await temporaryFolder();
    return {
      run: async (input) => {
        let bad: unknown;
        try {
          bad = JSON.parse(textOf(input));
        } catch {
          return;
        }
        if (!Array.isArray(bad)) return;
        const rest =
          bad.length === 0
            ? ']'
            : textOf(input)
                .trim()
                .replace(/^\uFEFF?\[/, ',');
        await writeFile(join(folder.path, 'peers.json'), `{"peers":[${JSON.stringify(knownPeer)}${rest}}`);
        const peers = await openPeerBook({ profileDir: folder.path, log: silentLog });
        claim(
          peers.state.value.some((each) => each.id === peerId),
          'a good entry stays',
        );
        for (const name of await readdir(folder.path)) await rm(join(folder.path, name));
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:BAB8 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 12346 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:D431 0100007F:BAB8 01 00000000:00000000 00:00000000 00000000  1001        0 12347 1 0000000000000000 20 4 30 10 -1
`;

export const kernelTables: Fuzzer = {
  name: 'kernel-tables',
  maxBytes: 256 * 1024,
  dictionary: ['0A', ':1F90', '0100007F:BAB8', '0100007F:D431', ' ', '\n', 'FFFFFFFF:', ':10000'],
  seeds: () => [bytesOf(table)],
  start: () => ({
    run: (input) => {
      const text = textOf(input);
      for (const port of parseListeningPorts(text))
        claim(Number.isInteger(port) && port >= 1 && port <= 65535, 'a port is a port');
      const owner = findOwner(0xd431, 0xbab8, () => text);
      claim(typeof owner === 'string' || Number.isSafeInteger(owner), 'an owner is a number or a word');
    },
  }),
};

export const profileFiles: Fuzzer = {
  name: 'profile-files',
  maxBytes: 64 * 1024,
  dictionary: ['http://127.0.0.1:', 'localhost', '@evil.example', '#', '\\', 'socketPath', 'url', 'pid'],
  seeds: () => [
    bytesOf(JSON.stringify({ url: 'http://127.0.0.1:47800/?token=abc', pid: 1 })),
    bytesOf(JSON.stringify({ socketPath: '/run/x.sock', pid: 1, startedAt: 1 })),
  ],
  mutate: (random, input) =>
    mutateJson(random, input, ['http://127.0.0.1:1@evil.example/', 'http://localhost/', 'url']),
  start: () => ({
    run: (input) => {
      let value: unknown;
      try {
        value = JSON.parse(textOf(input));
      } catch {
        return;
      }
      check(coreFileSchema, value);
      const browser = check(browserFileSchema, value);
      if (!browser.success) return;
      const { hostname, protocol } = new URL(browser.data.url);
      claim(
        protocol === 'http:' && /^(127\.0\.0\.1|localhost)$/.test(hostname),
        'the browser is sent to this computer',
      );
    },
  }),
};
