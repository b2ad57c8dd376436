// Gives ssh2's ciphers their keys in the form that Node takes fastest: it makes a cipher object for each packet.
import { createSecretKey } from 'node:crypto';

/** What is written here is what ssh2 1.17.0 has; `throughput.test.ts` tells when a later one has it no more. */
interface Internals {
  readonly _protocol?: {
    readonly _cipher?: { _encKey?: unknown };
    readonly _decipher?: { _decipherKey?: unknown };
  };
}

interface Connection {
  on(event: 'handshake', listener: () => void): unknown;
}

/**
 * Replaces the key bytes of an ssh2 connection by `KeyObject`s, now and after each exchange of keys. Node 24 imports key
 * bytes anew for each cipher object, which takes a fifth of the time that a packet of 32 KiB needs. Where ssh2 has its
 * native add-on, or has become another, nothing is changed.
 */
export function keepKeysReady(connection: Connection): void {
  connection.on('handshake', () => {
    const { _cipher: cipher, _decipher: decipher } = (connection as Internals)._protocol ?? {};
    if (cipher?._encKey instanceof Uint8Array) cipher._encKey = createSecretKey(cipher._encKey);
    if (decipher?._decipherKey instanceof Uint8Array) decipher._decipherKey = createSecretKey(decipher._decipherKey);
  });
}
