// `ebp`: the command line of a running eBrainPool.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { defaultProfileDir, homeOf } from '../contract/profile.ts';
import { runCli } from './run.ts';

const { NO_COLOR: noColour } = process.env;
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
// `ebp logs | head` ends without a complaint.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCli(process.argv.slice(2), {
  version: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  findProfileDir: () =>
    defaultProfileDir({
      env: process.env,
      platform: process.platform,
      home: homeOf(process.env, homedir),
      isRoot: process.getuid?.() === 0,
    }),
  hasColours: process.stdout.isTTY === true && !noColour,
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  ask: async (question, signal) => {
    if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) return null;
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    // The terminal is in raw mode while it asks, so Ctrl+C is a key.
    terminal.once('SIGINT', () => interrupt.abort());
    try {
      return await terminal.question(`${question} `, { signal });
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    } finally {
      terminal.close();
    }
  },
  signal: interrupt.signal,
});
