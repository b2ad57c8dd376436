// The key files of eBrainPool 0.1 (fixtures/0.1), as they were written by its own code. The key is nobody's.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIdentity } from './identity.ts';
import type { SecretStore } from './secret-store.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', '0.1', name);
const ID = 'SHA256:+kx7T3rC0ZhVbwla4dcU4FTDz8siHwAsl6FQTLjhR4E';
/** What sealed the key of the fixture: it turns the bytes round. */
const store: SecretStore = {
  prepare: async () => 'Test Keyring',
  seal: async (secret) => Buffer.from(secret).reverse(),
  open: async (sealed) => ({ secret: Buffer.from(sealed).reverse().toString(), isRenewalDue: false }),
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-identity-0.1-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('with the key of version 0.1 it is the same computer', async () => {
  await cp(fixture('id_ed25519'), join(folder, 'id_ed25519'));
  const identity = await openIdentity(folder);
  expect(identity.id).toBe(ID);
  expect(`${identity.publicKey}\n`).toBe(await readFile(fixture('id_ed25519.pub'), 'utf8'));
});

test('with the sealed key of version 0.1 it is, too', async () => {
  await cp(fixture('id_ed25519.sealed'), join(folder, 'id_ed25519.sealed'));
  expect((await openIdentity(folder, { store })).id).toBe(ID);
});

test('a sealed key of a newer version is left as it is, and no other key is made', async () => {
  const path = join(folder, 'id_ed25519.sealed');
  const newer = JSON.stringify({ ...JSON.parse(await readFile(fixture('id_ed25519.sealed'), 'utf8')), version: 2 });
  await writeFile(path, newer);
  await expect(openIdentity(folder, { store })).rejects.toMatchObject({ code: 'bad-input', params: { where: path } });
  expect(await readFile(path, 'utf8')).toBe(newer);
});
