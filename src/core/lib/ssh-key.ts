// Makes Ed25519 keys in OpenSSH's format that every reader takes.
import ssh2 from 'ssh2';

/**
 * The text of a new private key. ssh2 drops a zero at the beginning of the public half (https://github.com/mscdex/ssh2/issues/1513),
 * so that one of 256 keys can be read by nobody: such a key is thrown away.
 */
export function generateKey(comment: string, generate = ssh2.utils.generateKeyPairSync): string {
  for (;;) {
    const key = generate('ed25519', { comment }).private;
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}
