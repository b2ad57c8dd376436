// What is said to the first program of a sandbox, and what it answers (sandbox-init.ts).
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../../../../contract/errors.ts';
import type { Process, Program } from '../../engine.ts';
import { HOME } from '../../inside.ts';

export class InitDialogue {
  /** Resolves when it listens. */
  readonly ready: Promise<void>;
  /** The exit code of the main program, once it has ended. */
  mainExitCode: number | null = null;
  readonly #toInit: Writable;
  readonly #isReady = Promise.withResolvers<void>();
  readonly #running = new Map<string, (exitCode: number | null) => void>();
  #count = 0;
  #mainId: string | undefined;
  #hasEnded = false;

  constructor(toInit: Writable, fromInit: Readable) {
    this.#toInit = toInit;
    this.ready = this.#isReady.promise;
    this.ready.catch(() => {});
    // A sandbox that has ended reads nothing any more.
    toInit.on('error', () => {});
    createInterface({ input: fromInit }).on('line', (line) => this.#take(line));
  }

  /** @throws AppError `bad-input`, `container-failed` */
  run(program: Program, how: 'run' | 'main'): Process {
    const words = [program.workingDirectory ?? HOME, ...program.argv];
    if (words.some((word) => word.includes('\0')))
      throw new AppError('bad-input', { where: 'argv', why: 'contains NUL' });
    if (this.#hasEnded) throw new AppError('container-failed', { why: 'it has ended' });
    if (how === 'main' && this.#mainId !== undefined)
      throw new AppError('container-failed', { why: 'it already runs a program' });
    const id = String(++this.#count);
    if (how === 'main') this.#mainId = id;
    const ended = new Promise<number | null>((resolve) => this.#running.set(id, resolve));
    this.#say(how, id, String(words.length), ...words);
    return {
      ended,
      kill: () => {
        if (this.#running.has(id)) this.#say('kill', id);
      },
    };
  }

  /** Nothing is answered any more. */
  end(error: Error): void {
    this.#hasEnded = true;
    this.#isReady.reject(error);
    for (const resolve of this.#running.values()) resolve(null);
    this.#running.clear();
  }

  #say(...words: readonly string[]): void {
    this.#toInit.write(words.map((word) => `${word}\0`).join(''));
  }

  #take(line: string): void {
    if (line === 'ready') this.#isReady.resolve();
    const [, id = '', code = ''] = /^exit (\d{1,15}) (\d{1,3})$/.exec(line) ?? [];
    if (id === '') return;
    if (id === this.#mainId) this.mainExitCode = Number(code);
    this.#running.get(id)?.(Number(code));
    this.#running.delete(id);
  }
}
