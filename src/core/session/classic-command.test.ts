// What a person pastes is read by a real shell, and must come out as the words that were meant.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { classicCommand } from './classic-command.ts';

const wordsOf = (command: string): string[] =>
  execFileSync('sh', ['-c', `set -- ${command}; printf '%s\\n' "$@"`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

test('plain paths stay plain', () => {
  const command = classicCommand({
    host: '192.168.0.7',
    port: 4321,
    privateKeyPath: '/home/a/id',
    knownHostsPath: '/run/k',
    program: 'xcalc',
  });
  expect(command).toBe('ssh -p 4321 -i /home/a/id -o UserKnownHostsFile=/run/k ebp@192.168.0.7 -X xcalc');
});

test('a profile in a folder with a space, a quote and a dollar works as well', () => {
  const command = classicCommand({
    host: 'fe80::1%eth0',
    port: 4321,
    privateKeyPath: "/home/O'Neil $HOME/my profile/id",
    knownHostsPath: '/run/my files/known_hosts',
    program: 'org.gnome.Calculator',
  });
  expect(wordsOf(command)).toEqual([
    'ssh',
    '-p',
    '4321',
    '-i',
    "/home/O'Neil $HOME/my profile/id",
    '-o',
    'UserKnownHostsFile="/run/my files/known_hosts"',
    'ebp@fe80::1%eth0',
    '-X',
    'org.gnome.Calculator',
  ]);
});
