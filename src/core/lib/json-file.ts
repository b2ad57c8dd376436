// A JSON file with a schema and a version: written whole or not at all, and never lost when it turns out to be damaged, or newer.
import { copyFile, constants as fsConstants, link, mkdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { check } from '../../contract/check.ts';
import { type Migration, migrate, newestVersion, versionOf } from './file-version.ts';
import type { Log } from './log.ts';
import { replaceFile } from './replace-file.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** What was wrong with a file when it was opened. */
export interface JsonFileProblem {
  readonly path: string;
  /** Where the damaged file lies now, untouched; null when it could not be kept aside. */
  readonly keptAs: string | null;
  /** Place and reason, for example `settings.json.peerPort: Invalid input: expected number, received string`. */
  readonly why: string;
  /** Top-level fields that were not taken as they stood; empty when nothing of the file could be used. */
  readonly fields: readonly string[];
}

export interface JsonFileOptions<S extends z.ZodType> {
  readonly path: string;
  readonly schema: S;
  /** Used when there is no file, and for fields that are missing or damaged. */
  readonly initial: z.output<S>;
  readonly log: Log;
  /**
   * Corrects what was saved of a damaged file, before it is used and written. `fields` as in JsonFileProblem; `raw` is what
   * the file holds, of which nothing is known but that it is JSON.
   */
  readonly mend?: (value: z.output<S>, fields: readonly string[], raw: unknown) => z.output<S>;
  /** What older versions wrote, step by step to what this one writes; none for a file that never changed. */
  readonly migrations?: readonly Migration[];
  /** Brings what a newer version wrote to the least that it can mean, before the schema drops what it does not know. */
  readonly narrowNewer?: Migration;
  /** Replaces a file atomically; another one in tests of a full disk. */
  readonly replaceFile?: (path: string, text: string) => Promise<void>;
}

/** The value is immutable; it changes through `update` and only after the disk has it. */
export class JsonFile<S extends z.ZodType> {
  readonly path: string;
  readonly problem: JsonFileProblem | null;
  #value: z.output<S>;
  /** Fields that only a newer version knows. */
  readonly #unknownFields: Readonly<Record<string, unknown>>;
  readonly #version: number;
  /** Of a file that a newer version wrote, until it is kept aside. */
  #newerVersion: number | null;
  readonly #replaceFile: (path: string, text: string) => Promise<void>;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(options: JsonFileOptions<S>, read: ReadResult<S>) {
    this.path = options.path;
    this.problem = read.problem;
    this.#value = read.value;
    this.#unknownFields = read.unknownFields;
    this.#version = newestVersion(options.migrations ?? []);
    this.#newerVersion = read.newerVersion;
    this.#replaceFile = options.replaceFile ?? replaceFile;
  }

  /**
   * Reads the file. A damaged one is kept aside as `<name>.damaged-<time>`, what is good of it is used, and the rest is `initial`. One of a
   * newer version is kept as `<name>.version-<number>-<time>` before it is written: its fields at the top stay, but what is new further
   * down would be lost.
   */
  static async open<S extends z.ZodType>(options: JsonFileOptions<S>): Promise<JsonFile<S>> {
    await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
    const read = await readLeniently(options);
    const file = new JsonFile(options, read);
    if (read.problem !== null) {
      options.log.warn({ ...read.problem }, 'a damaged file was kept aside');
      // So that the next start does not find the same damage again. When the disk is full it may.
      await file.update((value) => value).catch((error) => options.log.warn({ error: String(error) }, 'not mended'));
    }
    return file;
  }

  get value(): z.output<S> {
    return this.#value;
  }

  /**
   * Changes the value and resolves when it is on the disk. Changes happen one after the other, each on top of the last.
   * @throws AppError `disk-full`; then file and value are as before.
   */
  update(change: (value: z.output<S>) => z.output<S>): Promise<z.output<S>> {
    const write = this.#lastWrite.then(async () => {
      const value = change(this.#value);
      const whole = isPlainObject(value) ? { version: this.#version, ...this.#unknownFields, ...value } : value;
      if (this.#newerVersion !== null) await keepAside(this.path, `version-${this.#newerVersion}`);
      this.#newerVersion = null;
      await this.#replaceFile(this.path, `${JSON.stringify(whole, null, 2)}\n`);
      this.#value = value;
      return value;
    });
    this.#lastWrite = write.catch(() => {});
    return write;
  }
}

interface ReadResult<S extends z.ZodType> {
  readonly value: z.output<S>;
  readonly problem: JsonFileProblem | null;
  readonly unknownFields: Readonly<Record<string, unknown>>;
  readonly newerVersion: number | null;
}

async function readLeniently<S extends z.ZodType>(options: JsonFileOptions<S>): Promise<ReadResult<S>> {
  const { path, schema, initial, migrations = [] } = options;
  const damaged = async (why: string): Promise<ReadResult<S>> => ({
    value: initial,
    unknownFields: {},
    newerVersion: null,
    problem: { path, keptAs: await keepAside(path), why: `${basename(path)}: ${why}`.slice(0, 500), fields: [] },
  });

  let raw: unknown;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return await damaged(`larger than ${MAX_BYTES} bytes`);
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return { value: initial, problem: null, unknownFields: {}, newerVersion: null };
    return await damaged(error instanceof Error ? error.message : String(error));
  }

  const shape: Readonly<Record<string, z.ZodType>> | null = schema instanceof z.ZodObject ? schema.shape : null;
  if (shape !== null && !isPlainObject(raw)) return await damaged('must be a JSON object');
  const storedVersion = isPlainObject(raw) ? versionOf(raw) : 1;
  const newerVersion = storedVersion > newestVersion(migrations) ? storedVersion : null;
  if (isPlainObject(raw)) raw = migrate(raw, migrations);
  if (isPlainObject(raw) && newerVersion !== null) raw = options.narrowNewer?.(raw) ?? raw;
  const unknownFields =
    shape !== null && isPlainObject(raw)
      ? writableOf(Object.entries(raw).filter(([key]) => !Object.hasOwn(shape, key) && key !== 'version'))
      : {};
  // A field that an older version did not write is not damage.
  let candidate: unknown = shape !== null && isPlainObject(raw) ? { ...(initial as object), ...raw } : raw;
  const fields = new Set<string>();
  let why = '';
  // Dropping one bad entry can show another only where a schema looks at several fields together.
  for (let round = 0; round < 5; round++) {
    const parsed = check(schema, candidate);
    if (parsed.success) {
      if (why === '') return { value: parsed.data, problem: null, unknownFields, newerVersion };
      const problem = { path, keptAs: await keepAside(path), why: why.slice(0, 500), fields: [...fields] };
      const value = options.mend?.(parsed.data, problem.fields, raw) ?? parsed.data;
      return { value, problem, unknownFields, newerVersion: null };
    }
    const issue = parsed.error.issues[0];
    why ||= `${[basename(path), ...(issue?.path.map(String) ?? [])].join('.')}: ${issue?.message ?? 'is not valid'}`;
    if (shape === null || !isPlainObject(candidate)) break;
    for (const { path: issuePath } of parsed.error.issues) fields.add(String(issuePath[0]));
    candidate = withoutBadParts(candidate, parsed.error.issues, initial as Record<string, unknown>, shape);
  }
  return await damaged(why.replace(`${basename(path)}: `, ''));
}

/** The objects in a list of a damaged file, good and bad, for `mend`. */
export function entriesOf(raw: unknown, field: string): readonly Readonly<Record<string, unknown>>[] {
  const list = isPlainObject(raw) ? raw[field] : undefined;
  return Array.isArray(list) ? list.filter(isPlainObject) : [];
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  /** Of `too_big`: how many there may be. */
  readonly maximum?: number | bigint;
}

/** Drops the bad entries of lists and records, and replaces other bad fields by their initial value. */
function withoutBadParts(
  value: Record<string, unknown>,
  issues: readonly Issue[],
  initial: Record<string, unknown>,
  shape: Readonly<Record<string, z.ZodType>>,
): Record<string, unknown> {
  const result = { ...value };
  for (const [key, ofKey] of Map.groupBy(issues, (issue) => String(issue.path[0]))) {
    const entries = new Set(ofKey.map((issue) => issue.path[1]));
    const field = value[key];
    const isWhole = entries.has(undefined);
    const limit = ofKey.find(({ path, code }) => path.length === 1 && code === 'too_big')?.maximum;
    const fieldSchema = shape[key];
    const itemSchema = fieldSchema instanceof z.ZodArray ? (fieldSchema.element as z.ZodType) : undefined;
    if (!isWhole && Array.isArray(field)) {
      result[key] = field.filter((_, index) => !entries.has(index));
    } else if (!isWhole && isPlainObject(field) && shape[key] instanceof z.ZodRecord) {
      result[key] = Object.fromEntries(Object.entries(field).filter(([entry]) => !entries.has(entry)));
    } else if (Array.isArray(field) && limit !== undefined) {
      // The bad ones go first, so that none of them takes the place of a good one.
      const good = field.filter((entry) => itemSchema === undefined || check(itemSchema, entry).success);
      result[key] = good.slice(0, Number(limit));
    } else {
      result[key] = initial[key];
    }
  }
  return result;
}

/** Gives the file a second name, which takes no space and survives its replacement; copies or moves it where that is not possible. */
async function keepAside(path: string, as = 'damaged'): Promise<string | null> {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  // A link to a symbolic link would later show the new content.
  const target = await realpath(path).catch(() => path);
  for (let attempt = 1; attempt <= 100; attempt++) {
    const keptAs = `${path}.${as}-${stamp}${attempt === 1 ? '' : `-${attempt}`}`;
    if (await stat(keptAs).catch(() => null)) continue;
    for (const keep of [link, copyExclusively, rename]) {
      try {
        await keep(target, keptAs);
        return keptAs;
      } catch (error) {
        if (isCode(error, 'EEXIST')) break;
      }
    }
  }
  return null;
}

function copyExclusively(from: string, to: string): Promise<void> {
  return copyFile(from, to, fsConstants.COPYFILE_EXCL);
}

/**
 * The fields that can be written back. JSON.parse goes deeper than JSON.stringify, and what is deep grows by its indentation: neither may
 * keep everything else from being written, or make a file that the next start finds too large.
 */
function writableOf(fields: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  let leftBytes = MAX_BYTES / 2;
  return Object.fromEntries(
    fields.filter(([, value]) => {
      try {
        leftBytes -= Buffer.byteLength(JSON.stringify([value], null, 2));
        return leftBytes >= 0;
      } catch {
        return false;
      }
    }),
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
