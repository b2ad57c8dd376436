// ssh-audit's judgement of both SSH servers of a host: its peer port, and the sshd in a container.
import { expect, test } from 'vitest';
import { runProgram, startAttackedHost } from './ssh-host.ts';
import { startSshSandbox } from './ssh-sandbox.ts';

/** A finding: what it is about, how bad, and in whose words. */
type Finding = `(${string}) ${string} [${'fail' | 'warn'}] ${string}`;

/**
 * All that is allowed, with the reason. A finding that is not here fails; no line of it can be mended by another version of a library
 * that there is today.
 */
const allowed: Readonly<Record<'peerPort' | 'container', readonly Finding[]>> = {
  peerPort: [
    // The mark of the answer to CVE-2023-48795 (Terrapin). Debian 12's ssh-audit 2.5.0 is older than that answer.
    '(kex) kex-strict-s-v00@openssh.com [warn] unknown algorithm',
    // From 3.4 on ssh-audit asks for a post-quantum key exchange: ssh2 1.17.0, the latest, has none.
    '(kex) curve25519-sha256 [warn] does not provide protection against post-quantum attacks',
    '(kex) curve25519-sha256@libssh.org [warn] does not provide protection against post-quantum attacks',
  ],
  container: [
    '(kex) kex-strict-s-v00@openssh.com [warn] unknown algorithm',
    // Offered second, for visitors whose client has no post-quantum key exchange, as ssh2 has not.
    '(kex) curve25519-sha256 [warn] does not provide protection against post-quantum attacks',
    '(kex) curve25519-sha256@libssh.org [warn] does not provide protection against post-quantum attacks',
    // ssh-audit 2.5.0 took it for an experiment. It is OpenSSH's first choice since 9.0.
    '(kex) sntrup761x25519-sha512@openssh.com [warn] using experimental algorithm',
    // The same by the name that it got later, which Debian's sshd knows and its ssh-audit does not.
    '(kex) sntrup761x25519-sha512 [warn] unknown algorithm',
  ],
};

function findingsOf(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  let about = '';
  for (const line of text.split('\n')) {
    const [, subject, level, words] = /^(\(\w+\) \S+)?\s*[-`]+ \[(\w+)\] (.*)$/.exec(line) ?? [];
    about = subject ?? about;
    if (level === 'fail' || level === 'warn') findings.push(`${about} [${level}] ${words}` as Finding);
  }
  return findings;
}

test('an auditor finds nothing at the peer port that a newer library could mend', async () => {
  await using host = await startAttackedHost();
  const audit = (...options: string[]) => host.run(['ssh-audit', ...options, '-p', String(host.peerPort), '127.0.0.1']);
  const { out } = await audit('-n');
  expect(out).toContain('banner: SSH-2.0-eBrainPool');
  expect(findingsOf(out).filter((finding) => !allowed.peerPort.includes(finding))).toEqual([]);
  expect(JSON.parse((await audit('-j')).out)).toMatchObject({
    kex: [
      { algorithm: 'curve25519-sha256' },
      { algorithm: 'curve25519-sha256@libssh.org' },
      { algorithm: 'kex-strict-s-v00@openssh.com' },
    ],
    key: [{ algorithm: 'ssh-ed25519' }],
    enc: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'],
    mac: ['hmac-sha2-256-etm@openssh.com'],
    compression: ['none'],
  });
});

test('an auditor finds nothing at the sshd of a container that a newer library could mend', async () => {
  await using made = await startSshSandbox();
  const port = await made.openPort();
  const { out } = await runProgram('ssh-audit', ['-n', '-p', String(port), '127.0.0.1']);
  expect(out).toContain('banner: SSH-2.0-OpenSSH');
  expect(findingsOf(out).filter((finding) => !allowed.container.includes(finding))).toEqual([]);
  const { kex, key, enc, mac } = JSON.parse(
    (await runProgram('ssh-audit', ['-j', '-p', String(port), '127.0.0.1'])).out,
  );
  const names = kex.map(({ algorithm }: { algorithm: string }) => algorithm);
  // What the host's own stock client likes best: with OpenSSH from 8.5 on, safe from a computer that does not exist yet.
  const best = (await runProgram('ssh', ['-G', 'x'])).out.match(/^kexalgorithms ([^,\n]+)/m)?.[1];
  expect(names[0]).toBe(best);
  expect(names).toContain('curve25519-sha256');
  expect(names.filter((name: string) => /diffie-hellman|nistp|sha1/.test(name))).toEqual([]);
  expect(key).toEqual([{ algorithm: 'ssh-ed25519' }]);
  expect(enc.filter((name: string) => !/gcm|poly1305/.test(name))).toEqual([]);
  expect(mac.filter((name: string) => !name.includes('-etm@'))).toEqual([]);
});

test('a complaint of the auditor would be seen', async () => {
  const { out } = await runProgram('ssh-audit', ['-n', '--lookup=diffie-hellman-group1-sha1']);
  expect(findingsOf(out)).toContainEqual(expect.stringMatching(/^\(kex\) diffie-hellman-group1-sha1 \[fail\] /));
});
