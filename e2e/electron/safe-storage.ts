// Electron's key store got asynchronous functions only after the version for tests; here they call its older ones.
import { safeStorage } from 'electron';

safeStorage.isAsyncEncryptionAvailable ??= async () => safeStorage.isEncryptionAvailable();
safeStorage.encryptStringAsync ??= async (text) => safeStorage.encryptString(text);
safeStorage.decryptStringAsync ??= async (encrypted) => ({
  result: safeStorage.decryptString(encrypted),
  shouldReEncrypt: false,
});
