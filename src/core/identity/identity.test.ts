import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIdentity } from './identity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-identity-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the first run makes a key that OpenSSH reads and gives the same fingerprint', async () => {
  const identity = await openIdentity(join(folder, 'identity'));
  const listed = execFileSync('ssh-keygen', ['-lf', identity.privateKeyPath], { encoding: 'utf8' });
  expect(listed).toContain(`256 ${identity.id} eBrainPool (ED25519)`);
});

test('the key file is private and the next start is the same computer', async () => {
  const first = await openIdentity(folder);
  expect((await stat(first.privateKeyPath)).mode & 0o777).toBe(0o600);
  expect((await openIdentity(folder)).id).toBe(first.id);
});

test('a damaged key is said and left as it is', async () => {
  await writeFile(join(folder, 'id_ed25519'), 'not a key');
  await expect(openIdentity(folder)).rejects.toMatchObject({ code: 'bad-input' });
  expect(await readFile(join(folder, 'id_ed25519'), 'utf8')).toBe('not a key');
});
