// For tests of the identity: a key store that a test can lock, and a disk that stops for ever at any of its operations.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretStore } from './secret-store.ts';

export interface TestStore extends SecretStore {
  name: string | null;
  isRefusing: boolean;
  isForgetful: boolean;
  isRenewalDue: boolean;
  readonly calls: string[];
}

/** Really encrypts, under a key of its own. */
export function makeStore(): TestStore {
  const key = randomBytes(32);
  const store: TestStore = {
    name: 'Test Keyring',
    isRefusing: false,
    isForgetful: false,
    isRenewalDue: false,
    calls: [],
    prepare: async () => {
      store.calls.push('prepare');
      return store.name;
    },
    seal: async (secret) => {
      store.calls.push('seal');
      if (store.isRefusing) throw new Error('the store is locked');
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    open: async (sealed) => {
      store.calls.push('open');
      if (store.isRefusing) throw new Error('the store is locked');
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
      decipher.setAuthTag(sealed.subarray(12, 28));
      const secret = Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
      return { secret: store.isForgetful ? 'something else' : secret, isRenewalDue: store.isRenewalDue };
    },
  };
  return store;
}

const CHANGING = ['mkdir', 'rm', 'rename', 'chmod', 'writeFile'] as const;

export interface CrashReport {
  /** What it was doing, for example `rename id_ed25519.sealed.tmp`; null when it came to its end. */
  readonly stoppedAt: string | null;
}

/**
 * Runs the work until its file operation of that number (1 is the first) below the folder: that one is not done, or half
 * done where it is a write, and nothing follows, as when the computer is switched off there.
 */
export async function runUntilCrash(
  folder: string,
  number: number,
  work: () => Promise<unknown>,
): Promise<CrashReport> {
  const handles: { close(): Promise<void> }[] = [];
  const crash = Promise.withResolvers<CrashReport>();
  const forEver = new Promise<never>(() => {});
  let count = 0;
  let isCrashed = false;
  const isCrash = (what: string): boolean => {
    count += 1;
    if (count < number) return false;
    isCrashed = true;
    crash.resolve({ stoppedAt: what.replaceAll(`${folder}/`, '') });
    return true;
  };
  const originals = Object.fromEntries([...CHANGING, 'open'].map((name) => [name, Reflect.get(fs, name)]));
  for (const name of CHANGING) {
    const original = Reflect.get(fs, name) as (...rest: unknown[]) => Promise<unknown>;
    Reflect.set(fs, name, (path: unknown, ...rest: unknown[]) => {
      if (!String(path).startsWith(folder)) return original(path, ...rest);
      return isCrashed || isCrash(`${name} ${path}`) ? forEver : original(path, ...rest);
    });
  }
  const { open } = fs;
  Reflect.set(fs, 'open', async (path: string, ...rest: [string, number]) => {
    const isOurs = path.startsWith(folder);
    if (isOurs && (isCrashed || isCrash(`open ${path}`))) return forEver;
    const handle = await open(path, ...rest);
    if (!isOurs) return handle;
    handles.push({ close: handle.close.bind(handle) });
    const write = handle.writeFile.bind(handle);
    const sync = handle.sync.bind(handle);
    const close = handle.close.bind(handle);
    return Object.assign(handle, {
      writeFile: async (text: string) => {
        if (isCrashed) return forEver;
        if (!isCrash(`write ${path}`)) return write(text);
        await write(text.slice(0, text.length / 2));
        return forEver;
      },
      sync: () => (isCrashed || isCrash(`sync ${path}`) ? forEver : sync()),
      close: () => (isCrashed || isCrash(`close ${path}`) ? forEver : close()),
    });
  });
  syncBuiltinESMExports();
  try {
    return await Promise.race([crash.promise, work().then(() => ({ stoppedAt: null }))]);
  } finally {
    // A write that was going on when it stopped.
    await sleep(5);
    for (const [name, original] of Object.entries(originals)) Reflect.set(fs, name, original);
    syncBuiltinESMExports();
    for (const handle of handles) await handle.close().catch(() => {});
  }
}
