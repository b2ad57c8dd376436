// A program in a real sandbox makes every attempt of PROBES, and container-probes.md says what came of them.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeTree } from '../../src/core/lib/remove-tree.ts';
import { PROBES } from './container-probes.ts';

interface Outcome {
  readonly told: Readonly<Record<string, string>>;
  readonly controls: Readonly<Record<string, string>>;
}
const [major = 0, minor = 0] = release().split('.').map(Number);
const hasThreadLimit = major * 1000 + minor >= 5014;
let folder: string;

async function runProbes(mode: Mode): Promise<Outcome> {
  const open = join(folder, 'ebp-left-open');
  await writeFile(open, 'secret');
  // The owner's core, as a careless terminal starts it: a file left open, and a secret in the environment.
  const core = ['exec 100<"$1" 255<"$1"; exec "$2" "$3" "$4" "$5"', 'bash', open, process.execPath];
  const script = join(import.meta.dirname, 'container-owner.ts');
  const child = spawn('bash', ['-c', ...core, script, join(folder, mode), mode], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, EBP_OWNERS_SECRET: 'ebp-owners-word' },
  });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(`the sandbox did not run:\n${errors}`);
  return JSON.parse(out) as Outcome;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-p-'));
  await chmod(folder, 0o755);
});
afterAll(() => removeTree(folder));

/** How a program runs: as all do; where its owner lets it build a sandbox of its own; and there with all powers in namespaces of its own. */
const MODES = {
  strict: {},
  'own-sandbox': {
    'user-namespace': 'succeeded',
    'clone-namespace': 'succeeded',
    'netlink-change': 'EAFNOSUPPORT',
    'netlink-others': 'EAFNOSUPPORT or EPROTONOSUPPORT',
  },
  namespaces: {
    'user-namespace': 'succeeded',
    'clone-namespace': 'succeeded',
    'netlink-change': 'EAFNOSUPPORT',
    'netlink-others': 'EAFNOSUPPORT or EPROTONOSUPPORT',
    // Of those, network, PID and IPC namespaces.
    'other-namespaces': 'succeeded: 1073741824',
    // A root folder of its own, in what it sees anyway: never back out of it.
    'root-folder': 'succeeded: 1',
    capabilities: 'succeeded: 0',
    // Its own loopback.
    loopback: 'ENETUNREACH',
    // Processes outside of its PID namespace, in its container, have the number 0.
    session: 'succeeded',
    'bus-is-its-own': 'succeeded',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
type Mode = keyof typeof MODES;

describe.each(Object.entries(MODES))(
  'a program in a container, %s',
  (mode, differing: Readonly<Record<string, string>>) => {
    let outcome: Outcome;
    beforeAll(async () => {
      outcome = await runProbes(mode as Mode);
    }, 240_000);

    for (const { id, tries, refusal, control } of PROBES) {
      test.skipIf(id === 'fork-bomb' && !hasThreadLimit)(`${tries}: ${refusal}`, () => {
        expect(alternatives(differing[id] ?? refusal), `${id} was told ${outcome.told[id]}`).toEqual(
          expect.arrayContaining(alternatives(outcome.told[id] ?? 'no answer')),
        );
        // Where the same succeeds, the probe is one that can fail.
        if (control !== undefined && mode === 'strict') expect(outcome.controls[id]).toMatch(/^succeeded/);
      });
    }
  },
);

test('each probe has an id of its own, and there are at least 50', () => {
  expect(new Set(PROBES.map(({ id }) => id)).size).toBe(PROBES.length);
  expect(PROBES.length).toBeGreaterThanOrEqual(50);
});

/** Made from the probes: `npx vitest run e2e/attacks/container-probes -u` writes it again. */
test('the table for people says what is tried', async () => {
  const rows = [
    ['what it tries', 'what it is told', 'succeeds'],
    ...PROBES.map(({ tries, refusal, control }) => [tries, refusal, controlInWords(control)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lineOf = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  const [head = '', ...body] = rows.map((row) => lineOf(row));
  const lines = [
    '# What a program in a container tries',
    '',
    'Each line is a real attempt of a program in a real sandbox, made by an ordinary user, in `npm test` and in `npm run attacks`. "Told" is the',
    'error of errno(3), or "nothing" where it looks for something and finds nothing. "Succeeds" says how we know that the attempt could',
    'succeed: the same one does outside of the sandbox, or a harmless one of its kind inside. `container-probes.test.ts` writes this table',
    'from `container-probes.ts`, and makes every attempt again with the filter for programs that bring a sandbox of their own.',
    '',
    head,
    lineOf(['', '', ''], '-'),
    ...body,
  ];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('container-probes.md');
});

function controlInWords(control: (typeof PROBES)[number]['control']): string {
  if (control === undefined) return '';
  return control === 'outside' ? 'outside' : 'inside';
}

const alternatives = (words: string) => words.split(' or ');

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
