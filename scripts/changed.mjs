// What a change can touch: `npm test -- --changed` runs that and leaves the rest out. Whatever has no rule here touches everything.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, root, runQuietly } from './tools.mjs';

/** Files that differ from a commit, new ones too. @throws Refusal when there is no such commit. */
export async function changedFiles(ref) {
  const lines = async (...args) => {
    const { code, output } = await runQuietly('git', args);
    if (code !== 0) throw new Refusal(`git cannot tell what differs from ${ref}: ${output.trim().split('\n')[0]}`, 2);
    return output.split('\n').filter(Boolean);
  };
  const tracked = await lines('diff', '--name-only', '--no-renames', ref, '--');
  return [...new Set([...tracked, ...(await lines('ls-files', '--others', '--exclude-standard'))])];
}

const everything = { specs: 'all', tests: 'all' };
const nothing = { specs: [], tests: [] };
/** Tests that read these files, or start them as programs: no import leads there. */
const tests = (...names) => ({ specs: [], tests: names });

/**
 * The first rule that fits decides. `specs`: files of e2e, or `{project}` for all of a project. `tests`: files or folders of unit
 * tests, or how their paths begin, beyond those that import what changed, which vitest finds by itself.
 */
const rules = [
  [
    /^(package(-lock)?\.json|tsconfig.*|biome\.json|\.npmrc|vitest\.config\.ts|electron\.vite\.config\.ts)$/,
    everything,
  ],
  [
    /^(SECURITY|ARCHITECTURE|README|CONTRIBUTING)\.md$|^docs\/|^e2e\/attacks\/.*\.md$/,
    tests('e2e/attacks/security-doc', 'e2e/attacks/conformance', 'scripts/system-packages'),
  ],
  [/^(LICENSE|\.editorconfig|\.gitignore|\.ci\/)/, nothing],
  [/\.test(-support)?\.ts$/, nothing],
  [/^e2e\/(specs|attacks)\/.*\.spec\.ts$/, (file) => ({ specs: [file], tests: ['e2e/attacks/security-doc'] })],
  [/^e2e\/(pages|attacks)\/[^/]+\.ts$/, (file) => ({ specs: specsThatImport(file), tests: ['e2e/attacks/'] })],
  [/^e2e\/fuzz\//, tests('e2e/fuzz/')],
  [/^e2e\/programs\//, tests('e2e/programs/')],
  [/^e2e\/packaging\//, { specs: [{ project: 'package' }], tests: ['e2e/packaging/'] }],
  [/^e2e\/electron/, { specs: [{ project: 'electron' }], tests: ['e2e/electron/'] }],
  [/^bench\//, tests('bench/')],
  [
    /^src\/(main|preload)\/|^electron-builder\.yml$|^assets\//,
    { specs: [{ project: 'electron' }, { project: 'package' }], tests: ['e2e/', 'scripts/system-packages'] },
  ],
  [/^src\/headless\//, { specs: [{ project: 'browser' }], tests: [] }],
  [/^scripts\/(e2e|side-by-side|setup|system-packages|npm-packages|window-build|tools)/, everything],
  [/^scripts\//, tests('scripts/')],
];

/** @returns `{specs, tests}`: each 'all' or a list, as in the rules */
export function touchedBy(files) {
  const found = files.map((file) => {
    const [, touched] = rules.find(([pattern]) => pattern.test(file)) ?? [undefined, everything];
    return typeof touched === 'function' ? touched(file) : touched;
  });
  const union = (key) =>
    found.some((touched) => touched[key] === 'all') ? 'all' : [...new Set(found.flatMap((touched) => touched[key]))];
  return { specs: union('specs'), tests: union('tests') };
}

/** The unit tests whose paths begin so. */
export async function testFilesIn(places) {
  const { output } = await runQuietly('git', ['ls-files', '--', ...places.map((place) => `${place}*.test.ts`)]);
  return places.length === 0 ? [] : output.split('\n').filter(Boolean);
}

/** Page objects and the attackers' tools are imported by name, directly or by one another. */
function specsThatImport(file) {
  const name = file.split('/').at(-1);
  const sources = ['specs', 'attacks', 'pages'].flatMap((folder) =>
    readdirSync(join(root, 'e2e', folder))
      .filter((entry) => entry.endsWith('.ts'))
      .map((entry) => ({
        path: `e2e/${folder}/${entry}`,
        text: readFileSync(join(root, 'e2e', folder, entry), 'utf8'),
      })),
  );
  const reached = new Set([name]);
  for (let size = 0; size < reached.size; ) {
    size = reached.size;
    for (const { path, text } of sources)
      if ([...reached].some((one) => text.includes(`/${one}'`))) reached.add(path.split('/').at(-1));
  }
  return sources
    .map(({ path }) => path)
    .filter((path) => /\.spec\.ts$/.test(path) && reached.has(path.split('/').at(-1)));
}
