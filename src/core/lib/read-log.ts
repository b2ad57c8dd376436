// The last lines of the log, for `ebp logs` and the settings page.
import { open } from 'node:fs/promises';

const MAX_BYTES = 2 * 1024 * 1024;

/** At most so many lines, the newest last; nothing when there is no log yet. */
export async function readLastLines(path: string, maxLines: number): Promise<readonly string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MAX_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer
      .toString('utf8', 0, bytesRead)
      .split('\n')
      .filter((line) => line !== '');
    return lines.slice(-maxLines);
  } finally {
    await file.close();
  }
}
