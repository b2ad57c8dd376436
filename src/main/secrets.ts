// The system's key store by way of Electron: Keychain on macOS, DPAPI on Windows, the Secret Service or KWallet on Linux.
// https://www.electronjs.org/docs/latest/api/safe-storage; the asynchronous functions are those that Electron 46 keeps.
import { safeStorage } from 'electron';
import type { SecretStore } from '../core/identity/secret-store.ts';

/** What Chromium puts before anything that it encrypted on Linux under a password that is the same everywhere. */
const CONSTANT_PASSWORD_MARK = 'v10';

/** Asks the system for nothing yet. To be used when the app is ready. */
export function createSecretStore(): SecretStore {
  return {
    prepare: async () => {
      try {
        if (!(await safeStorage.isAsyncEncryptionAvailable())) return null;
        const name = nameOfStore();
        return name === null || !(await isRealKey()) ? null : name;
      } catch {
        // A store that fails is as good as none.
        return null;
      }
    },
    seal: (secret) => safeStorage.encryptStringAsync(secret),
    open: async (sealed) => {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(sealed));
      return { secret: result, isRenewalDue: shouldReEncrypt };
    },
  };
}

/** The store's name in the words of the system, or null where nothing is protected. */
function nameOfStore(): string | null {
  if (process.platform === 'darwin') return 'Keychain';
  if (process.platform === 'win32') return 'Windows Data Protection';
  const backend = safeStorage.getSelectedStorageBackend();
  if (backend === 'gnome_libsecret') return 'GNOME Keyring';
  return backend.startsWith('kwallet') ? 'KWallet' : null;
}

/**
 * Security: where a keyring is chosen, but locked or not running, Chromium says that encryption is available and uses the
 * constant password (its PosixKeyProvider). Only what it encrypted tells.
 */
async function isRealKey(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const probe = await safeStorage.encryptStringAsync('probe');
  return probe.subarray(0, CONSTANT_PASSWORD_MARK.length).toString('latin1') !== CONSTANT_PASSWORD_MARK;
}
