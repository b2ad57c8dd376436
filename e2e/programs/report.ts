// docs/programs.md, out of what was measured; and a page with the pictures, for a person to look at.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './table.ts';
import { judge, type Outcome, type Trial } from './verdict.ts';

/** A trial and the versions of its packages when it was made. */
export interface Entry {
  readonly trial: Trial;
  readonly name: string;
  readonly versions: string;
  /** Of the day, as in 2026-11-27. */
  readonly date: string;
}

/** `package version`, with a line for each. */
export function versionsOf(packages: readonly string[]): string {
  const args = ['-W', '-f', '${Package} ${Version}\n', ...packages];
  try {
    return execFileSync('dpkg-query', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return packages.join('\n');
  }
}

/** What was not tried now keeps its row. */
export function writeReport(path: string, programs: readonly Program[], tried: ReadonlyMap<string, Entry>): void {
  const old = readReport(path);
  const judged = [...tried.values()].map((entry) => ({ ...entry, ...judge(entry.trial) }));
  const rows = programs.flatMap(({ entry, kind, packages }) => {
    const now = judged.find(({ trial }) => trial.program.entry === entry);
    if (now !== undefined) return [rowOf(now)];
    return old.rows.filter(
      ([, madeWith, version = '']) => madeWith === kind && packages.includes(version.split(' ')[0] ?? ''),
    );
  });
  const count = (outcome: Outcome) => rows.filter(([, , , said = '']) => said.startsWith(`**${outcome}**`)).length;
  const counts = `${count('works')} work, ${count('works with')} with a setting, ${count('cannot')} cannot`;
  const head = ['Program', 'Made with', 'Debian package', 'In a container', 'Window', 'Idle', 'Memory', 'Closes'];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const refused = [
    ...old.refused.filter((line) => judged.every(({ name }) => !line.startsWith(`- ${name}: `))),
    ...judged.flatMap(({ name, trial }) => (trial.without === null ? [] : [`- ${name}: “${trial.without}”`])),
  ];
  const release = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'this system';
  const isAllNew = programs.every(({ entry }) => tried.has(entry));
  const dates = [...new Set([...(isAllNew ? [] : old.dates), ...judged.map(({ date }) => date)])].sort().join(', ');
  const text = `# Programs

What ${rows.length} programs of ${release} do in a container: ${counts}. Tried on ${dates}. \`npm run programs\` makes this page again
(\`--help\` says how); no row is written by hand.

Each was asked for by one computer of the lab, allowed at the other, and started in its container by its own desktop entry.
It **works** when a window of it is there with something in it, checked by pixels, no window's title speaks of an error, and it lives ten seconds
more. The pictures are left for a person to look at. **Works with** names the setting that its owner must switch on. No graphics hardware and no internet were there.
Window: from the yes until something is in it. Idle: share of one processor over five seconds in which nobody did anything; memory: proportional,
both without its display, and on a machine with other work. Closes: what happens when its windows are asked to close; “asks” opens a question, as for what is not saved.
“Asks, forgets”: it was closed with a text that is not saved, asked, was told not to save, ended, and started twice more without a word of it; the second
time after an end without any text.

${table}

## Browsers, and others with a sandbox of their own

They end at once unless their owner has switched on **Own sandbox** for them ([decision 9](decisions/0009-programs-with-a-sandbox-of-their-own.md)). What a visitor reads until then:

${refused.join('\n')}

Programs that show pages with WebKitGTK (Epiphany, Evolution, Yelp) see that they are in a container and leave their own sandbox out; Qt WebEngine
(Falkon) leaves out a part of its own, and Firefox and Thunderbird too. What a page does there has the container around it, as every program has.
`;
  writeFileSync(path, text);
}

type Judged = Entry & ReturnType<typeof judge>;

function rowOf({ trial, name, versions, outcome, why }: Judged): readonly string[] {
  return [
    name,
    trial.program.kind,
    versions.split('\n')[0] ?? '',
    [`**${outcome}**`, why].filter(Boolean).join(': '),
    trial.paintedMs === null ? '' : `${(trial.paintedMs / 1000).toFixed(1)} s`,
    trial.idleShare === null ? '' : `${Math.round(trial.idleShare * 100)} %`,
    trial.memoryMiB === null ? '' : `${Math.round(trial.memoryMiB)} MiB`,
    trial.greeting === null ? 'asks, forgets' : (trial.closes ?? ''),
  ].map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' '));
}

/** What the page says now. */
function readReport(path: string) {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return {
    rows: lines
      .filter((line) => line.startsWith('| '))
      .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
      .map((cells) => cells.slice(1, -1))
      .slice(2),
    refused: lines.filter((line) => line.startsWith('- ')),
    dates: /Tried on ([\d, -]+)\./.exec(lines.join('\n'))?.[1]?.split(', ') ?? [],
  };
}

/** A page with every picture and what was measured. */
export function writeSheet(folder: string, entries: readonly Entry[]): void {
  const figures = entries.map(({ trial, name }) => {
    const { outcome, why } = judge(trial);
    const words = [name, outcome, why, trial.titles.join(' · '), trial.closes ?? '', ...trial.warnings].filter(Boolean);
    return `<figure><img src="${trial.program.entry}.png" width="380"><figcaption>${words.map(escapeHtml).join('<br>')}</figcaption></figure>`;
  });
  const style = 'body{display:flex;flex-wrap:wrap;gap:8px;font:11px sans-serif}figure{margin:0;width:380px}';
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><style>${style}</style>${figures.join('\n')}`,
  );
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
