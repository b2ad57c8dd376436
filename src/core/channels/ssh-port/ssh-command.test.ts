// What a person pastes is read by a real shell and a real ssh, and must come out as the words and files that were meant.
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { generateKey } from '../../lib/ssh-key.ts';
import { sshCommand } from './ssh-command.ts';

const wordsOf = (command: string): string[] =>
  execFileSync('sh', ['-c', `set -- ${command}; printf '%s\\n' "$@"`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

test('plain paths stay plain', () => {
  const command = sshCommand({
    host: '192.168.0.7',
    port: 4321,
    privateKeyPath: '/home/a/id',
    knownHostsPath: '/run/k',
    program: 'xcalc',
  });
  expect(command).toBe('ssh -p 4321 -i /home/a/id -o UserKnownHostsFile=/run/k ebp@192.168.0.7 -X xcalc');
});

test('a profile in a folder with a space and a dollar works as well', () => {
  const command = sshCommand({
    host: 'fe80::1%eth0',
    port: 4321,
    privateKeyPath: '/home/O Neil $HOME/my profile/id',
    knownHostsPath: '/run/my files/known_hosts',
    program: 'org.gnome.Calculator',
  });
  expect(wordsOf(command)).toEqual([
    'ssh',
    '-p',
    '4321',
    '-i',
    '/home/O Neil $HOME/my profile/id',
    '-o',
    'UserKnownHostsFile="/run/my files/known_hosts"',
    'ebp@fe80::1%eth0',
    '-X',
    'org.gnome.Calculator',
  ]);
});

test.each(['plain', 'a space', '100%h', "O'Neil", '%d %%', 'say "x"', 'a\\b', `\${HOME}`, '$HOME', '#1 =x ~'])(
  'ssh logs in with that key, and knows the host by that file, below a folder named %j',
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'ebp-ssh-command-'));
    const home = join(folder, name);
    const [hostKey, ownKey] = [generateKey('host'), generateKey('visitor')];
    const [host, own] = [hostKey, ownKey].map((key) => {
      const parsed = ssh2.utils.parseKey(key);
      if (parsed instanceof Error) throw parsed;
      return parsed.getPublicSSH().toString('base64');
    });
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => {});
      client.on('authentication', (context) => {
        const isOwn = context.method === 'publickey' && context.key.data.toString('base64') === own;
        return isOwn ? context.accept() : context.reject(['publickey']);
      });
      client.on('session', (accept) =>
        accept().on('exec', (acceptExec, _reject, { command }) => {
          const channel = acceptExec();
          channel.write(`ran ${command}`);
          channel.exit(0);
          channel.end();
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const [privateKeyPath, knownHostsPath] = [join(home, 'id'), join(home, 'known_hosts')];
      await mkdir(home);
      await writeFile(privateKeyPath, ownKey, { mode: 0o600 });
      await writeFile(knownHostsPath, `[127.0.0.1]:${port} ssh-ed25519 ${host}\n`);
      const command = sshCommand({ host: '127.0.0.1', port, privateKeyPath, knownHostsPath, program: 'xcalc' });
      const settings = execFileSync('sh', ['-c', command.replace('ssh -p', 'ssh -G -p')], { encoding: 'utf8' });
      expect(settings.split('\n')).toContain(`userknownhostsfile ${knownHostsPath}`);
      const said = await new Promise<string>((resolve) => {
        // In a session without a terminal, so that it can ask nobody whether it knows the host.
        execFile('setsid', ['sh', '-c', command], { timeout: 15_000 }, (_error, out, error) => resolve(out || error));
      });
      expect(said).toBe('ran xcalc');
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  },
);
