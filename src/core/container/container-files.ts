// What a container keeps on the disk: whose it is, its home, and small texts that last as long as it does.
import { createHash } from 'node:crypto';
import { chown, mkdir, opendir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type PeerId, peerIdSchema } from '../../contract/ids.ts';
import { orDiskFull } from '../lib/disk-full.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { replaceFile } from '../lib/replace-file.ts';
import type { Owner } from './owner.ts';

const fileSchema = z.object({ peerId: peerIdSchema, peerName: z.string().max(100) });
/** A peer may fill its home with any number of files: adding them up stops here. */
const MAX_MEASURED_FILES = 20_000;

/** The name of the text that is its machine-id(5). */
export const MACHINE_ID = 'machine-id';

export const homeIn = (folder: string) => join(folder, 'home');

/** Whose container this is; undefined where it is none. */
export async function readOwnerOf(folder: string): Promise<z.infer<typeof fileSchema> | undefined> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(folder, 'container.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Makes the folder and what is in it, where it is not there. @throws AppError `disk-full` */
export async function makeContainer(
  folder: string,
  whose: { readonly peerId: PeerId; readonly peerName: string },
  owner: Owner | null,
  log: Log,
): Promise<void> {
  const home = homeIn(folder);
  try {
    await mkdir(folder, { recursive: true, mode: owner === null ? 0o700 : 0o711 });
    await mkdir(home, { recursive: true, mode: 0o700 });
    if (owner !== null) await chown(home, owner.uid, owner.gid);
    const file = await JsonFile.open({ path: join(folder, 'container.json'), schema: fileSchema, initial: whose, log });
    // On a full disk a container that is there already still works.
    const isThere = await stat(file.path).catch(() => undefined);
    if (!isThere || file.value.peerName !== whose.peerName) await file.update(() => whose);
  } catch (error) {
    throw orDiskFull(error, home);
  }
  await keepFirstMachineId(folder);
}

/** Version 0.1 made the machine-id from the key of the container's sshd: where programs know that one, it stays. */
async function keepFirstMachineId(folder: string): Promise<void> {
  const hostKey = await readFile(join(folder, 'host_key'), 'utf8').catch(() => undefined);
  if (hostKey === undefined) return;
  const made = createHash('sha256').update(`machine-id of ${hostKey}`).digest('hex').slice(0, 32);
  await keepText(folder, MACHINE_ID, () => made);
}

/** The text of this name, private to us; made where it is not there yet. @throws AppError `disk-full` */
export async function keepText(folder: string, name: string, make: () => string): Promise<string> {
  const path = join(folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch {
    const text = make();
    await replaceFile(path, text).catch((error) => {
      throw orDiskFull(error, path);
    });
    return text;
  }
}

/** Adds up the home; symbolic links are not followed. */
export async function measureHome(folder: string): Promise<number> {
  let total = 0;
  let files = 0;
  const folders = [homeIn(folder)];
  for (let next = folders.pop(); next !== undefined && files < MAX_MEASURED_FILES; next = folders.pop()) {
    const opened = await opendir(next).catch(() => undefined);
    if (opened === undefined) continue;
    for await (const item of opened) {
      files += 1;
      if (files > MAX_MEASURED_FILES) break;
      const path = join(item.parentPath, item.name);
      if (item.isDirectory()) folders.push(path);
      else if (item.isFile()) total += (await stat(path).catch(() => ({ size: 0 }))).size;
    }
  }
  return total;
}
