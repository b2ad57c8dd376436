// A key that cannot be read at the very first start would lose this computer's identity for good.
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { generateKey } from './ssh-key.ts';

/** Made by ssh2 1.17.0: its public half has 31 bytes. */
const unreadable = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMgAAAAtz
c2gtZWQyNTUxOQAAAB9PZEc2M7aJ9HQhIQJr98YafMYvWtfFhpGT9FCXf/PbAAAA
kEgpw89IKcPPAAAAC3NzaC1lZDI1NTE5AAAAH09kRzYzton0dCEhAmv3xhp8xi9a
18WGkZP0UJd/89sAAAA/K7UUQIDGBIrRmK2WDv59geJgYKuzr+wDi82S4gqhf8VP
ZEc2M7aJ9HQhIQJr98YafMYvWtfFhpGT9FCXf/PbAAAACmVCcmFpblBvb2wBAgME
BQ==
-----END OPENSSH PRIVATE KEY-----
`;

test('a key without its leading zero is not used, the next one is', () => {
  expect(ssh2.utils.parseKey(unreadable)).toBeInstanceOf(Error);
  let calls = 0;
  const generate: typeof ssh2.utils.generateKeyPairSync = (
    ...args: Parameters<typeof ssh2.utils.generateKeyPairSync>
  ) => {
    calls += 1;
    return calls === 1 ? { private: unreadable, public: '' } : ssh2.utils.generateKeyPairSync(...args);
  };
  expect(ssh2.utils.parseKey(generateKey('test', generate))).not.toBeInstanceOf(Error);
  expect(calls).toBeGreaterThan(1);
});

test('every one of many keys can be read', () => {
  for (let count = 0; count < 1000; count += 1)
    expect(ssh2.utils.parseKey(generateKey('test'))).not.toBeInstanceOf(Error);
}, 30_000);
