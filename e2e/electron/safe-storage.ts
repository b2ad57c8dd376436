// Electron's key store got functions that wait in a later version than the one for tests has: they are its own older ones here.
import { safeStorage } from 'electron';

safeStorage.isAsyncEncryptionAvailable ??= async () => safeStorage.isEncryptionAvailable();
safeStorage.encryptStringAsync ??= async (text) => safeStorage.encryptString(text);
safeStorage.decryptStringAsync ??= async (encrypted) => ({
  result: safeStorage.decryptString(encrypted),
  shouldReEncrypt: false,
});
