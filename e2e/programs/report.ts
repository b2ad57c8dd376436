// docs/programs.md, out of what was measured; and a page with the pictures, for a person to look at.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

export function writeReport(path: string, entries: readonly Entry[]): void {
  const judged = entries.map((entry) => ({ ...entry, ...judge(entry.trial) }));
  const count = (outcome: Outcome) => judged.filter((one) => one.outcome === outcome).length;
  const counts = `${count('works')} work, ${count('works with')} with a setting, ${count('cannot')} cannot`;
  const rows = judged.map(({ trial, name, versions, outcome, why }) =>
    [
      name,
      trial.program.kind,
      versions.split('\n')[0] ?? '',
      [`**${outcome}**`, why].filter(Boolean).join(': '),
      trial.paintedMs === null ? '' : `${(trial.paintedMs / 1000).toFixed(1)} s`,
      trial.idleShare === null ? '' : `${Math.round(trial.idleShare * 100)} %`,
      trial.memoryMiB === null ? '' : `${Math.round(trial.memoryMiB)} MiB`,
      trial.closes ?? '',
    ].map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')),
  );
  const head = ['Program', 'Made with', 'Debian package', 'In a container', 'Window', 'Idle', 'Memory', 'Closes'];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const refused = judged.flatMap(({ name, trial }) =>
    trial.without === null ? [] : [`- ${name}: “${trial.without}”`],
  );
  const release = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'this system';
  const dates = [...new Set(entries.map(({ date }) => date))].sort().join(', ');
  const text = `# Programs

What ${entries.length} programs of ${release} do in a container: ${counts}. Tried on ${dates}. \`npm run programs\` makes this page again
(\`--help\` says how); no row is written by hand.

Each was asked for by one computer of the lab, allowed at the other, and started in its container by its own desktop entry.
It **works** when a window of it is there with something in it, checked by pixels, no window's title speaks of an error, and it lives ten seconds
more. The pictures are left for a person to look at. **Works with** names the setting that its owner must switch on. No graphics hardware and no internet were there.
Window: from the yes until something is in it. Idle: share of one processor over five seconds in which nobody did anything; memory: proportional,
both without its display, and on a machine with other work. Closes: what happens when its windows are asked to close; “asks” opens a question, as for what is not saved.

${table}

## Browsers, and others with a sandbox of their own

They end at once unless their owner has switched on **Own sandbox** for them ([decision 9](decisions/0009-programs-with-a-sandbox-of-their-own.md)). What a visitor reads until then:

${refused.join('\n')}

Programs that show pages with WebKitGTK (Epiphany, Evolution, Yelp) see that they are in a container and leave their own sandbox out; Qt WebEngine
(Falkon) leaves out a part of its own, and Firefox and Thunderbird too. What a page does there has the container around it, as every program has.
`;
  writeFileSync(path, text);
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
