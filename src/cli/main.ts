// `ebp`: the command line of a running eBrainPool.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { defaultProfileDir } from '../contract/profile.ts';
import { runCli } from './run.ts';

const { NO_COLOR: noColour } = process.env;
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
// `ebp logs | head` ends without a complaint.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCli(process.argv.slice(2), {
  version: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  defaultProfileDir: defaultProfileDir({
    env: process.env,
    platform: process.platform,
    home: homedir(),
    isRoot: process.getuid?.() === 0,
  }),
  hasColours: process.stdout.isTTY === true && !noColour,
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  signal: interrupt.signal,
});
