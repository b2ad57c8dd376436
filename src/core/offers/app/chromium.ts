// Whether a program is made of Chromium, as browsers and Electron are: those build a sandbox of their own, and others only say that they do.
import { open, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { behindEnv } from './obstacle.ts';

const MAX_SCRIPT_BYTES = 64 * 1024;

/**
 * By the file that Chromium and Electron have beside their program or in the folder above it, or by the words of a script that starts them.
 * @param argv its program is an absolute path
 */
export async function isMadeOfChromium([first, ...rest]: readonly string[]): Promise<boolean> {
  if (first === undefined) return false;
  const [program] = behindEnv([first, ...rest]);
  const path = await realpath(program).catch(() => null);
  if (path === null) return false;
  for (const folder of [dirname(path), dirname(dirname(path))])
    if (await stat(join(folder, 'icudtl.dat')).catch(() => null)) return true;
  const text = await readStart(path).catch(() => '');
  return text.startsWith('#!') && /chrom|electron/i.test(text);
}

async function readStart(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_SCRIPT_BYTES), 0, MAX_SCRIPT_BYTES, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
