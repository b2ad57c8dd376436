// The process in which one fuzzer runs: `run.ts` starts it, watches it, and outlives whatever happens to it.
import { openSync, writeSync } from 'node:fs';
import { search } from './search.ts';
import { fuzzers } from './table.ts';

/** What this process tells its parent. Inputs are base64. */
export type WorkerMessage =
  | { readonly kind: 'progress' | 'done'; readonly executions: number }
  | { readonly kind: 'finding'; readonly message: string; readonly input: string };

const [name, seed, seconds, inputPath = ''] = process.argv.slice(2);
const fuzzer = fuzzers.find((each) => each.name === name);
if (fuzzer === undefined) throw new Error(`no fuzzer ${name}`);
const tell = (message: WorkerMessage) => process.send?.(message);
const stop = new AbortController();
process.on('message', () => stop.abort());
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole group; the parent says when to stop.
process.on('SIGINT', () => {});
// What is thrown outside of a run has no input of its own: the last one is the best guess.
let current: Uint8Array = new Uint8Array();
const tellStray = (error: unknown) =>
  tell({
    kind: 'finding',
    message: `outside of a run: ${error instanceof Error ? error.stack : error}`,
    input: Buffer.from(current).toString('base64'),
  });
process.on('uncaughtException', tellStray);
process.on('unhandledRejection', tellStray);

const inputFile = openSync(inputPath, 'w');
const sizeField = Buffer.alloc(4);
const { executions } = await search(fuzzer, {
  seed: Number(seed),
  durationMs: Number(seconds) * 1000,
  shrinkMs: 8000,
  signal: stop.signal,
  onInput: (input) => {
    current = input;
    // So that the parent knows it when this process hangs or dies.
    sizeField.writeUInt32BE(input.length);
    writeSync(inputFile, sizeField, 0, 4, 0);
    writeSync(inputFile, input, 0, input.length, 4);
  },
  onFinding: ({ message, input }) => tell({ kind: 'finding', message, input: Buffer.from(input).toString('base64') }),
  onProgress: (executions) => tell({ kind: 'progress', executions }),
}).catch((error: unknown) => {
  tellStray(error);
  process.exit(1);
});
process.send?.({ kind: 'done', executions } satisfies WorkerMessage, () => process.exit(0));
