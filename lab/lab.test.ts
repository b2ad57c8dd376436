// The lab, really made: its computers are ordinary, connected, can be cut off, can hold containers, and all of it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';

const lab = resolve(import.meta.dirname, 'lab.mjs');

async function runInLab(args: readonly string[], script: string): Promise<{ code: number | null; output: string }> {
  const child = startLab(args, script);
  let output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, output: output.trim() };
}

function startLab(args: readonly string[], script: string): ChildProcess {
  const child = spawn(process.execPath, [lab, ...args, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Processes of this computer, seen from outside of the lab, whose command line has this mark. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}

/** Exits with 0 when a connection to HOST:PORT comes about within a second. */
const connect = (from: string, host: string, port = 7000) =>
  `on ${from} node -e 'require("net").connect({host:"${host}",port:${port},timeout:1000})` +
  `.on("connect",()=>process.exit(0)).on("timeout",()=>process.exit(1)).on("error",()=>process.exit(1))'`;

const listen = (host: string, port = 7000) =>
  `on ${host} node -e 'require("net").createServer((s)=>s.end()).listen(${port},"::",()=>console.log("listens"))' >/run/lab/listens & ` +
  `until grep -qs listens /run/lab/listens; do sleep 0.02; done`;

test('a computer of the lab has an ordinary user, a name and a home of its own', async () => {
  const { code, output } = await runInLab(
    ['--hosts', '2'],
    'on bob sh -c \'id -u; id -un; hostname; echo $HOME; stat -c %a $HOME; grep CapEff /proc/self/status | tr -d "\\t"; test -w /run/lab && echo writable\'',
  );
  expect(output.split('\n')).toEqual([
    '1000',
    'bob',
    'bob',
    '/run/lab/bob/home',
    '700',
    'CapEff:0000000000000000',
    'writable',
  ]);
  expect(code).toBe(0);
});

test('computers reach each other, a cut cable separates them, and mending brings them back', async () => {
  const { output } = await runInLab(
    ['--hosts', '2'],
    `${listen('bob')}
    ${connect('alice', '192.168.77.12')}; echo "IPv4 $?"
    ${connect('alice', 'fd00:77::12')}; echo "IPv6 $?"
    ${connect('alice', 'bob')}; echo "name $?"
    cut bob; ${connect('alice', '192.168.77.12')}; echo "cut $?"
    mend bob; ${connect('alice', '192.168.77.12')}; echo "mended $?"
    ${connect('alice', 'fd00:77::12')}; echo "mended IPv6 $?"`,
  );
  expect(output.split('\n')).toEqual(['IPv4 0', 'IPv6 0', 'name 0', 'cut 1', 'mended 0', 'mended IPv6 0']);
});

test('with --ipv6 there is no IPv4', async () => {
  const { output } = await runInLab(
    ['--hosts', '2', '--ipv6'],
    `${listen('bob')}
    ${connect('alice', 'bob')}; echo "name $?"
    on alice ip -4 -o addr show dev eth0 | wc -l`,
  );
  expect(output.split('\n')).toEqual(['name 0', '0']);
});

test('a service advertised over multicast is found by another computer', async () => {
  const advertise = 'new (require("bonjour-service").Bonjour)().publish({name:"here",type:"ebrainpool",port:7000})';
  const browse =
    'new (require("bonjour-service").Bonjour)().find({type:"ebrainpool"},(s)=>{console.log(s.name);process.exit(0)})';
  const { output } = await runInLab(
    ['--hosts', '2'],
    `cd ${resolve(import.meta.dirname, '..')}; on bob node -e '${advertise}' & on alice timeout 10 node -e '${browse}'`,
  );
  expect(output).toBe('here');
});

test('who the users are stays, when the machine replaces its own list meanwhile', async () => {
  // Mount namespaces around the lab's play the machine: their /etc is a copy that may be changed.
  const replace =
    'cp /etc/passwd /etc/passwd.new && echo "new:x:1234:1234::/:/bin/sh" >>/etc/passwd.new && mv /etc/passwd.new /etc/passwd';
  const inLab = `on alice id -un; touch ${mark()}-go; until [ -e ${mark()}-done ]; do sleep 0.02; done; on alice id -un; on alice hostname`;
  const machine =
    `mount -t tmpfs none /mnt && cp -dR --preserve=mode /etc/. /mnt 2>/dev/null; mount --bind /mnt /etc; ` +
    `(until [ -e ${mark()}-go ]; do sleep 0.02; done; ${replace}; touch ${mark()}-done) & ` +
    `exec '${process.execPath}' '${lab}' --hosts 1 sh -c '${inLab}'`;
  const child = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', machine], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    for (const end of ['go', 'done']) rmSync(`${mark()}-${end}`, { force: true });
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  await new Promise((done) => child.on('close', done));
  expect(output.trim().split('\n')).toEqual(['alice', 'alice', 'alice']);
});

/** A place for files that this test process and its lab have in common. */
function mark(): string {
  return join(tmpdir(), `lab-test-${process.pid}`);
}

test('a bubblewrap container runs on a computer', async () => {
  const { code, output } = await runInLab(
    ['--hosts', '1'],
    'on alice bwrap --unshare-all --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin ' +
      '--proc /proc --dev /dev /bin/sh -c "id -u; ls /proc | grep -c ^[0-9]"',
  );
  expect(code).toBe(0);
  expect(output.split('\n')[0]).toBe('1000');
});

test('the exit status of the command is passed on', async () => {
  expect((await runInLab(['--hosts', '1'], 'exit 7')).code).toBe(7);
  expect((await runInLab(['--hosts', '1'], 'on alice sh -c "exit 9"')).code).toBe(9);
});

test('an unknown option or computer is one clear line', async () => {
  expect(await runInLab(['--hosts', 'many'], 'true')).toMatchObject({
    code: 2,
    output: expect.stringContaining('"many"'),
  });
  expect(await runInLab([], 'on nobody true')).toMatchObject({
    code: 2,
    output: expect.stringContaining('alice bob carol'),
  });
});

test('where user namespaces are forbidden it says which command allows them', async () => {
  const forbid = `echo 0 >/proc/sys/user/max_user_namespaces && exec '${process.execPath}' '${lab}' true`;
  const child = spawn('unshare', ['--user', '--map-root-user', 'sh', '-c', forbid], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  expect(await new Promise((done) => child.on('close', done))).toBe(2);
  expect(output.trim()).toMatch(/^The lab needs user namespaces.* sudo sysctl -w user\.max_user_namespaces=15000$/);
});

test.each(['command ends', 'SIGTERM', 'SIGKILL'] as const)('nothing is left when it ends by: %s', async (how) => {
  const mark = `lab-test-${process.pid}-${how.replaceAll(' ', '-')}`;
  const sleeper = `exec -a ${mark}-sleeper sleep 600`;
  const child = startLab(
    ['--hosts', '2'],
    `on bob setsid bash -c '${sleeper}' & on alice bash -c '${sleeper}' & sleep 1; echo started; ${how === 'command ends' ? 'exit 0' : 'sleep 600'}; : ${mark}`,
  );
  const ended = new Promise((done) => child.on('close', done));
  if (how !== 'command ends') {
    await new Promise((done) => child.stdout?.once('data', done));
    expect(processesWith(`${mark}-sleeper`).length).toBeGreaterThanOrEqual(2);
    child.kill(how);
  }
  await ended;
  await vi.waitUntil(() => processesWith(mark).length === 0, { timeout: 5000, interval: 20 });
});
