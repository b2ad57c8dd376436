// Electron's `safeStorage`, played: real encryption under a key in a file of its own, where Electron asks the system's key store.
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from './app.ts';

/**
 * `locked` is what Chromium does when the keyring of the desktop does not open: it says that encryption is available, encrypts
 * under the password that everybody knows, and refuses what the keyring's key has made. `renewing` has a newer key, `broken`
 * encrypts what it cannot decrypt.
 */
export type KeyStore = 'gnome_libsecret' | 'kwallet6' | 'basic_text' | 'locked' | 'unavailable' | 'renewing' | 'broken';

/** For tests: what the system has now. */
export const keyStore = { state: (process.env['EBP_STAND_IN_KEY_STORE'] ?? 'gnome_libsecret') as KeyStore };

const CONSTANT_PASSWORD = scryptSync('peanuts', 'saltysalt', 32);

export const safeStorage = {
  isAsyncEncryptionAvailable: async (): Promise<boolean> => {
    if (!app.isReady()) throw new Error('safeStorage cannot be used before the app is ready');
    return keyStore.state !== 'unavailable';
  },
  getSelectedStorageBackend: (): string => {
    const store = keyStore.state;
    return ['basic_text', 'kwallet6'].includes(store) ? store : 'gnome_libsecret';
  },
  encryptStringAsync: async (text: string): Promise<Buffer> => {
    const store = keyStore.state;
    if (store === 'unavailable') throw new Error('encryption is not available');
    const isWeak = store === 'basic_text' || store === 'locked';
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', isWeak ? CONSTANT_PASSWORD : storedKey(), iv);
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from(isWeak ? 'v10' : 'v11'), iv, cipher.getAuthTag(), body]);
  },
  decryptStringAsync: async (encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> => {
    const store = keyStore.state;
    const mark = encrypted.subarray(0, 3).toString('latin1');
    const isStoreNeeded = mark === 'v11';
    if (isStoreNeeded && ['basic_text', 'locked', 'unavailable', 'broken'].includes(store)) {
      throw new Error('Error while decrypting the ciphertext provided to safeStorage.decryptStringAsync.');
    }
    const key = isStoreNeeded ? storedKey() : CONSTANT_PASSWORD;
    const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(3, 15));
    decipher.setAuthTag(encrypted.subarray(15, 31));
    const body = Buffer.concat([decipher.update(encrypted.subarray(31)), decipher.final()]);
    return { result: body.toString('utf8'), shouldReEncrypt: store === 'renewing' };
  },
};

function storedKey(): Buffer {
  const path = process.env['EBP_STAND_IN_KEY_FILE'] ?? join(app.getPath('userData'), 'stand-in-key-store');
  try {
    return readFileSync(path);
  } catch {
    const key = randomBytes(32);
    writeFileSync(path, key, { mode: 0o600, flag: 'wx' });
    return key;
  }
}
