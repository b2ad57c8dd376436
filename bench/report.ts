// What a measurement is, how it is printed, and the file that it is written to.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** A limit: of the ratio ours/other, or of our own figure where there is nothing to compare with. */
export interface Target {
  readonly of: 'ratio' | 'ours';
  readonly sign: '≤' | '≥' | '<';
  readonly value: number;
}

export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly other: number | null;
  readonly otherName: string | null;
  /** ours / other */
  readonly ratio: number | null;
  readonly target: string | null;
  /** Null where there is no target, or nothing to compare with. */
  readonly met: boolean | null;
  readonly runs: number;
  readonly oursRange: readonly [number, number] | null;
  readonly otherRange: readonly [number, number] | null;
}

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly other?: readonly number[] | undefined;
  readonly otherName?: string;
  readonly target?: Target;
}

/** The middle value; the mean of the two middle ones of an even number; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const below = sorted[Math.floor((sorted.length - 1) / 2)];
  return middle === undefined || below === undefined ? null : (middle + below) / 2;
}

export function toResult({ name, unit, ours, other = [], otherName, target }: Measured): Result {
  const our = median(ours);
  const their = median(other);
  const ratio = our === null || their === null || their === 0 ? null : our / their;
  return {
    name,
    unit,
    ours: round(our),
    other: round(their),
    otherName: otherName ?? null,
    ratio: round(ratio, 2),
    target: target === undefined ? null : describe(target, unit),
    met: target === undefined ? null : isMet(target, our, ratio),
    runs: ours.length,
    oursRange: rangeOf(ours),
    otherRange: rangeOf(other),
  };
}

function describe({ of, sign, value }: Target, unit: string): string {
  return of === 'ratio' ? `${sign} ${value.toFixed(1)} ×` : `${sign} ${value} ${unit}`;
}

function isMet({ of, sign, value }: Target, ours: number | null, ratio: number | null): boolean | null {
  const figure = of === 'ratio' ? ratio : ours;
  if (figure === null) return null;
  // As it is printed, so that the table never contradicts itself.
  const printed = round(figure, 2) ?? figure;
  if (sign === '≥') return printed >= value;
  return sign === '≤' ? printed <= value : printed < value;
}

function round(value: number | null, digits = 1): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}

function rangeOf(values: readonly number[]): readonly [number, number] | null {
  if (values.length === 0) return null;
  return [Number(Math.min(...values).toFixed(1)), Number(Math.max(...values).toFixed(1))];
}

const HEADINGS = ['', 'ours', 'other', '', 'ratio', 'target', ''] as const;

/** A table for a terminal: medians, with the lowest and the highest run in parentheses. */
export function toTable(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    withRange(result.ours, result.oursRange, result.unit),
    withRange(result.other, result.otherRange, result.unit),
    result.otherName ?? '',
    result.ratio === null ? '' : `${result.ratio.toFixed(2)} ×`,
    result.target ?? '',
    result.met === null ? '' : result.met ? 'met' : 'MISSED',
  ]);
  const lines = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function withRange(value: number | null, range: Result['oursRange'], unit: string): string {
  if (value === null) return '–';
  const spread = range === null || range[0] === range[1] ? '' : ` (${range[0]}–${range[1]})`;
  return `${value} ${unit}${spread}`;
}

export interface Report {
  readonly machine: object;
  readonly measuredAt: string;
  readonly results: readonly Result[];
}

/** Writes bench/results/latest.json. */
export function writeReport(results: readonly Result[]): string {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'latest.json');
  const report: Report = { machine: describeMachine(), measuredAt: new Date().toISOString(), results };
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}

function describeMachine(): object {
  const model = /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? cpus()[0]?.model ?? '';
  return {
    cpus: cpus().length,
    cpuModel: model.trim(),
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    node: process.versions.node,
    openssh: versionOf('ssh', '-V'),
    tigervnc: versionOf('Xvnc', '-version'),
    bwrap: versionOf('bwrap', '--version'),
    xpra: versionOf('xpra', '--version'),
    chromium: versionOf('chromium', '--version'),
    loadAverage: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
  };
}

/** The first number with dots that the program says, or null where it is not installed. */
function versionOf(program: string, option: string): string | null {
  try {
    const output = execFileSync('sh', ['-c', `"$0" ${option} 2>&1 </dev/null || true`, program], { timeout: 20_000 });
    return /\d+\.\d+[\w.]*/.exec(String(output))?.[0] ?? null;
  } catch {
    return null;
  }
}
