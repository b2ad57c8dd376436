// A real sandbox, and what a program in it tries. Each probe says what it expects to be refused.

import { spawn, spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, homedir, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../../lib/log.ts';
import { streamServer } from '../../desktop/stream-server.ts';
import type { Engine, SandboxMount, SandboxSpec } from '../../engine.ts';
import { socketOf } from '../../inside.ts';
import { specOf } from '../../sandboxes.test-support.ts';
import { createBubblewrap } from './bubblewrap.ts';
import { parseListeningPorts } from './listening-ports.ts';
import { RULES } from './seccomp-rules.ts';

const isRoot = process.getuid?.() === 0;
const owner = isRoot ? { uid: 70_731, gid: 70_731 } : null;
let folder: string;
let engine: Engine;
let homeCount = 0;

async function spec(change: Partial<SandboxSpec> = {}): Promise<SandboxSpec> {
  homeCount += 1;
  const homePath = join(folder, `home${homeCount}`);
  await mkdir(homePath, { mode: 0o777 });
  if (owner !== null) await chown(homePath, owner.uid, owner.gid);
  return specOf(homePath, change);
}

const canMount =
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** A folder as the core has looked at it. */
async function mountOf(path: string, mode: 'ro' | 'rw'): Promise<SandboxMount> {
  const { dev: device, ino: inode } = await stat(path, { bigint: true });
  return { source: path, target: path, mode, identity: { device, inode } };
}

/** Runs a shell script as the program and gives what it wrote. */
async function runScript(script: string, change: Partial<SandboxSpec> = {}): Promise<string> {
  const made = await spec(change);
  await using sandbox = await engine.startSandbox(made);
  await sandbox.runMain({ argv: ['bash', '-c', `exec >/home/ebp/out 2>&1\n${script}`], workingDirectory: null });
  await sandbox.ended;
  return await readFile(join(made.homePath, 'out'), 'utf8');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-sandbox-'));
  if (isRoot) await chmod(folder, 0o711);
  engine = createBubblewrap({ runtimeDir: folder, log: silentLog, owner });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('everything that sharing needs is here', async () => {
  const items = await engine.check();
  // Some computers keep /dev/net/tun for root: then the check must say so.
  const isForAll = ((await stat('/dev/net/tun').catch(() => null))?.mode ?? 0) & 0o006;
  const lacking = isForAll === 0o006 ? [] : [{ id: 'internet', level: 'warning', params: { context: 'device' } }];
  expect(items.filter((item) => item.level !== 'ok')).toMatchObject(lacking);
});

describe('a program in the sandbox', () => {
  test('is an ordinary user without powers, who cannot get any', async () => {
    const out = await runScript(
      'id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs):" /proc/self/status; unshare -U true && echo userns; su -c id </dev/null; mount -t tmpfs x /mnt && echo mounted',
    );
    expect(out).toMatch(/^1000\n/);
    expect(out).toMatch(/CapEff:\s+0000000000000000/);
    expect(out).toMatch(/CapBnd:\s+0000000000000000/);
    expect(out).toMatch(/NoNewPrivs:\s+1/);
    expect(out).not.toMatch(/userns|mounted|uid=0/);
  });

  test('is refused every system call of the list, by the kernel', async () => {
    const pick = process.arch === 'arm64' ? 1 : 0;
    const expected = RULES.filter(({ when }) => when === undefined).flatMap(({ calls, answer }) =>
      Object.entries(calls).flatMap(([name, numbers]) =>
        numbers[pick] === null ? [] : [{ name, number: numbers[pick], errno: constants.errno[answer as 'EPERM'] }],
      ),
    );
    // Arguments that no call takes: without the filter most would fail in another way (EBADF, EFAULT, EINVAL).
    const script = expected.map(
      ({ name, number }) => `$! = 0; syscall(${number}, (-1) x 6); printf "${name} %d\\n", $!;`,
    );
    const out = await runScript(`grep Seccomp: /proc/self/status; perl -e '${script.join(' ')}'`);
    expect(out).toMatch(/^Seccomp:\s+2\n/);
    expect(out.split('\n').slice(1, -1)).toEqual(expected.map(({ name, errno }) => `${name} ${errno}`));
  });

  test('is killed where it is for another processor than its computer’s own', async () => {
    // The smallest 32-bit program: it ends with status 7 (exit(2) is call 1 of i386, and of 32-bit ARM).
    const code = process.arch === 'x64' ? 'b801000000bb07000000cd80' : '0700a0e30170a0e3000000ef';
    const machine = process.arch === 'x64' ? '0300' : '2800';
    const header = `7f454c46010101000000000000000000 0200${machine}01000000 54800408 34000000 00000000 00000005 3400 2000 0100 0000 0000 0000`;
    const segment = '01000000 00000000 00800408 00800408 00010000 00010000 05000000 00100000';
    const bytes = Buffer.from(`${header}${segment}${code}`.replaceAll(' ', ''), 'hex');
    const file = bytes.toString('base64');
    const run = `echo ${file} | base64 -d >~/small; chmod +x ~/small; ~/small; echo "status $?"`;
    expect(await runScript(run)).toMatch(/status (159|126)/);
    if (process.arch === 'x64') {
      const outside = join(folder, 'small');
      await writeFile(outside, bytes, { mode: 0o755 });
      const { status } = spawnSync(outside);
      // Not every kernel runs 32-bit programs.
      if (status !== null) expect(status).toBe(7);
    }
  });

  test('gets nothing that the core has open, and nothing of its environment', async () => {
    const secret = join(folder, 'open-secret');
    await writeFile(secret, 'secret');
    const made = await spec();
    const script = `const { createBubblewrap } = await import(${JSON.stringify(join(import.meta.dirname, 'bubblewrap.ts'))});
      const log = { error() {}, warn() {}, info() {}, debug() {} };
      const engine = createBubblewrap({ runtimeDir: ${JSON.stringify(folder)}, log, owner: ${JSON.stringify(owner)} });
      const sandbox = await engine.startSandbox(${JSON.stringify(made)});
      const look = 'ls -l /proc/[0-9]*/fd >~/open; cat /proc/[0-9]*/environ >~/environment; ulimit -u >~/limit';
      await sandbox.runMain({ argv: ['bash', '-c', look], workingDirectory: null });
      await sandbox.ended;`;
    // A file that a terminal or a shell left open for the core (Node sees to the first few numbers only).
    const run = spawnSync(
      'bash',
      ['-c', 'exec 100<"$1" 255<"$1"; exec "$2" --input-type=module -e "$3"', 'bash', secret, process.execPath, script],
      { env: { ...process.env, EBP_OWNERS_SECRET: 'x', PATH: `${process.env['PATH']}:/owners/path` }, timeout: 15_000 },
    );
    expect(run.stderr.toString()).toBe('');
    const open = await readFile(join(made.homePath, 'open'), 'utf8');
    expect(open).toContain('/run/ebp/conf/init');
    expect(open).not.toContain('open-secret');
    expect(open).not.toMatch(/ (100|255) -> (?!\/run\/ebp\/conf\/init)/);
    const environment = await readFile(join(made.homePath, 'environment'), 'utf8');
    expect(environment).toContain('USER=ebp');
    expect(environment).not.toMatch(/owner/i);
    const [major = 0, minor = 0] = release().split('.').map(Number);
    if (major * 1000 + minor >= 5014) expect(await readFile(join(made.homePath, 'limit'), 'utf8')).toBe('2048\n');
  });

  test('sees no file of the owner', async () => {
    const secret = join(folder, 'owners-secret');
    await writeFile(secret, 'secret', { mode: 0o644 });
    const out = await runScript(
      `ls -A /; ls ${homedir()} ${folder} /home /root /var/log /boot /srv /media; cat ${secret}; ls /etc | grep -E "shadow|ssh$|hostname"`,
    );
    expect(out).not.toContain('secret\n');
    expect(out.match(/No such file|cannot access/g)?.length).toBeGreaterThanOrEqual(6);
    expect(out).not.toMatch(/shadow|ssh$|hostname/m);
    expect(out).toMatch(/^ebp$/m);
  });

  test('cannot write to the system', async () => {
    const out = await runScript(
      'for f in /usr/x /etc/x /bin/x /x /run/ebp/conf/init /etc/passwd /opt/x; do echo 1 >$f && echo wrote $f; done; true',
    );
    expect(out).not.toMatch(/^wrote/m);
  });

  test('cannot put others in the place of the files that say who it is', async () => {
    const out = await runScript(
      'mv /run/ebp /run/other && echo moved; mkdir -p /run/ebp/conf; echo root:x:0:0::/:/bin/sh >/run/ebp/conf/passwd; touch /run/ebp/x && echo made; head -1 /etc/passwd',
    );
    expect(out).not.toMatch(/^(moved|made)$/m);
    expect(out).toMatch(/^ebp:x:1000:/m);
  });

  test('sees its own processes only, and has a private /tmp, /run and /dev', async () => {
    const out = await runScript(
      'ls -d /proc/[0-9]* | wc -l; ls -A /tmp /run /run/user; ls /dev; echo $DBUS_SESSION_BUS_ADDRESS; env | grep SSH_ || echo no agent; env',
    );
    expect(Number(out.split('\n')[0])).toBeLessThan(16);
    expect(out).toContain('no agent');
    expect(out).not.toMatch(/^(sda|vda|mem|kmsg|input|dri|snd|fuse|kvm)$/m);
    expect(out).not.toContain(process.env['HOME'] ?? 'no home');
  });

  test('has loopback and nothing else, and no abstract socket of the host', async () => {
    const server = createServer().listen({ path: '\0ebp-abstract-test' });
    const out = await runScript(
      'cat /proc/net/dev; grep -c ebp-abstract-test /proc/net/unix; timeout 1 bash -c "echo >/dev/tcp/127.0.0.1/22" && echo connected',
    );
    server.close();
    expect(out.match(/^\s*\w+:\s+\d+ /gm)?.map((line) => line.split(':')[0]?.trim())).toEqual(['lo']);
    expect(out).toMatch(/^0$/m);
    expect(out).not.toContain('connected');
  });

  test('keeps its home for the next session, and shares it with nobody else', async () => {
    const made = await spec();
    const run = async (script: string) => {
      await using sandbox = await engine.startSandbox(made);
      await sandbox.runMain({ argv: ['bash', '-c', script], workingDirectory: null });
      return (await sandbox.ended).exitCode;
    };
    expect(await run('echo kept >~/file')).toBe(0);
    expect(await run('grep -q kept ~/file')).toBe(0);
    expect(await runScript('cat ~/file')).toContain('No such file');
  });

  test('gets its arguments as they are, whatever is in them', async () => {
    const made = await spec();
    await using sandbox = await engine.startSandbox(made);
    const hostile = '$(touch /home/ebp/pwned) `id` ; "\' \n | & é';
    await sandbox.runMain({
      argv: ['bash', '-c', 'printf %s "$1" >/home/ebp/out', 'sh', hostile],
      workingDirectory: '/nowhere',
    });
    await sandbox.ended;
    expect(await readFile(join(made.homePath, 'out'), 'utf8')).toBe(hostile);
    await expect(stat(join(made.homePath, 'pwned'))).rejects.toThrow();
  });

  test('sees a folder of the owner only where the owner mounted it, read-only when so', async () => {
    const shared = await mkdtemp(join(tmpdir(), 'ebp-shared-'));
    await writeFile(join(shared, 'a'), 'from the owner', { mode: 0o644 });
    await chmod(shared, 0o777);
    const out = await runScript(`cat ${shared}/a; echo x >${shared}/b || echo refused`, {
      mounts: [await mountOf(shared, 'ro')],
    });
    await rm(shared, { recursive: true });
    expect(out).toContain('from the owner');
    expect(out).toContain('refused');
  });

  test.each(['ro', 'rw'] as const)('gets no rights and no device out of a folder of the owner (%s)', async (mode) => {
    const shared = await mkdtemp(join(tmpdir(), 'ebp-shared-'));
    await chmod(shared, 0o777);
    await copyFile('/usr/bin/id', join(shared, 'id'));
    await chmod(join(shared, 'id'), 0o4755);
    // What is mounted below it comes along, and is no different.
    const script = `grep ' ${shared} ' /proc/self/mountinfo; ${shared}/id -u`;
    const out = await runScript(script, { mounts: [await mountOf(shared, mode)] });
    await rm(shared, { recursive: true });
    expect(out).toMatch(new RegExp(`${shared} ${mode},(?=\\S*nosuid)(?=\\S*nodev)`));
    expect(out).toMatch(/^1000$/m);
  });

  test.runIf(canMount).each([false, true])(
    'does not get what is mounted below a folder of the owner later (internet: %s)',
    async (canHaveNetwork) => {
      const made = await spec({ canHaveNetwork });
      // The only account that there is in there.
      if (isRoot) await chown(made.homePath, 0, 0);
      const script = `const { createBubblewrap } = await import(${JSON.stringify(join(import.meta.dirname, 'bubblewrap.ts'))});
        const { spawnSync } = await import('node:child_process');
        const { chmodSync, mkdirSync, statSync } = await import('node:fs');
        const log = { error() {}, warn() {}, info() {}, debug() {} };
        const engine = createBubblewrap({ runtimeDir: ${JSON.stringify(folder)}, log, owner: null });
        mkdirSync('/mnt/shared/disk', { recursive: true });
        const { dev: device, ino: inode } = statSync('/mnt/shared', { bigint: true });
        const mounts = [{ source: '/mnt/shared', target: '/mnt/shared', mode: 'ro', identity: { device, inode } }];
        const sandbox = await engine.startSandbox({ ...${JSON.stringify(made)}, mounts });
        spawnSync('sh', ['-c', 'mount -t tmpfs none /mnt/shared/disk && chmod 777 /mnt/shared/disk && touch /mnt/shared/disk/plugged']);
        const look = '{ ls /mnt/shared; ls /mnt/shared/disk; touch /mnt/shared/disk/x; }';
        await sandbox.runMain({ argv: ['bash', '-c', look + ' >~/out 2>&1'], workingDirectory: null });
        await sandbox.ended;
        console.log(spawnSync('ls', ['/mnt/shared/disk']).stdout.toString());`;
      const set = 'mount -t tmpfs none /mnt && mount --make-rshared / && exec "$0" --input-type=module -e "$1"';
      const words = ['--user', '--map-root-user', '--mount', 'sh', '-c', set, process.execPath, script];
      const run = spawnSync('unshare', words, { timeout: 15_000, encoding: 'utf8' });
      expect(run.stderr).toBe('');
      // This computer sees what was plugged in, and the sandbox does not.
      expect(run.stdout.trim()).toBe('plugged');
      const out = await readFile(join(made.homePath, 'out'), 'utf8');
      expect(out).toMatch(/^disk\ntouch: .*Read-only file system\n$/);
    },
  );

  test('gets to no file of the owner by a link in a folder of the owner', async () => {
    const shared = await mkdtemp(join(tmpdir(), 'ebp-shared-'));
    await chmod(shared, 0o755);
    const secret = join(folder, 'linked-secret');
    await writeFile(secret, 'secret of the owner', { mode: 0o644 });
    await symlink(secret, join(shared, 'absolute'));
    await symlink('../'.repeat(8) + secret.slice(1), join(shared, 'relative'));
    await symlink('/', join(shared, 'all'));
    const script = `cat ${shared}/absolute ${shared}/relative ${shared}/all${secret}; ls ${shared}/all/`;
    const out = await runScript(script, { mounts: [await mountOf(shared, 'ro')] });
    await rm(shared, { recursive: true });
    expect(out.match(/No such file/g)).toHaveLength(3);
    // The sandbox's own root: only what it has itself.
    expect(out).toContain('\nusr\n');
    expect(out).not.toMatch(/secret of the owner|^boot$|^root$|^srv$/m);
  });

  test('does not run where a folder was exchanged between the look at it and the mount', async () => {
    const shared = await mkdtemp(join(tmpdir(), 'ebp-shared-'));
    const looked = await mountOf(shared, 'ro');
    await rename(shared, `${shared}-moved`);
    await symlink(folder, shared);
    await expect(runScript('true', { mounts: [looked] })).rejects.toMatchObject({
      code: 'container-failed',
      params: { why: expect.stringContaining('exchanged') },
    });
    await rm(shared);
    // A new folder of the same name is another one, too.
    await mkdir(shared);
    await expect(runScript('true', { mounts: [looked] })).rejects.toMatchObject({ code: 'container-failed' });
    await rm(shared, { recursive: true });
    await rm(`${shared}-moved`, { recursive: true });
  });
});

describe('the end', () => {
  test('an exit code is told', async () => {
    await using sandbox = await engine.startSandbox(await spec());
    await sandbox.runMain({ argv: ['bash', '-c', 'exit 7'], workingDirectory: null });
    expect((await sandbox.ended).exitCode).toBe(7);
  });

  test('stop takes everything along, also what hides from its parent, within a second', async () => {
    await using sandbox = await engine.startSandbox(await spec());
    await sandbox.runMain({
      argv: ['bash', '-c', 'trap "" TERM HUP INT; (setsid nohup sleep 987654 &); setsid sleep 987654 & sleep 987654'],
      workingDirectory: null,
    });
    await expect.poll(async () => (await sandbox.stats()).processCount).toBeGreaterThan(5);
    const startedAt = performance.now();
    await sandbox.stop();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect((await sandbox.stats()).processCount).toBe(0);
    expect(sandbox.state).toBe('ended');
  });

  test('nothing of it is left on the disk', async () => {
    const sandbox = await engine.startSandbox(await spec());
    await sandbox.stop();
    expect(await readdir(join(folder, 's'))).toEqual([]);
  });

  test('an abort while it starts leaves nothing', async () => {
    await expect(engine.startSandbox(await spec(), AbortSignal.timeout(20))).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await readdir(join(folder, 's'))).toEqual([]);
  });
});

// A core that is killed just after it has started bwrap: the inner process may not have tied its life to the outer one yet.
test('the next start ends what a core left that was killed while a sandbox started', async () => {
  const runtimeDir = await mkdtemp(join(folder, 'killed-'));
  await chmod(runtimeDir, 0o755);
  const made = await spec();
  const script = `const { createBubblewrap } = await import(${JSON.stringify(join(import.meta.dirname, 'bubblewrap.ts'))});
    const log = { error() {}, warn() {}, info() {}, debug() {} };
    const engine = createBubblewrap({ runtimeDir: ${JSON.stringify(runtimeDir)}, log, owner: ${JSON.stringify(owner)} });
    engine.startSandbox(${JSON.stringify(made)});
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(process.argv[1]));`;
  for (let ms = 20; ms < 44; ms += 3) {
    spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', String(ms)], { timeout: 10_000 });
  }
  const left = async () =>
    (await processes()).filter(({ line }) => line.startsWith('bwrap') && line.includes(`${runtimeDir}/s/`));
  const programsLeft = async () => {
    const children = await Promise.all(
      (await left()).map(({ pid }) => readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')),
    );
    const pids = new Set(children.join(' ').split(' '));
    return (await processes()).filter(({ pid, line }) => pids.has(pid) && !line.startsWith('bwrap'));
  };
  // No program is left, also before the next start: at the most a bwrap that waits for a parent that is gone.
  await expect.poll(programsLeft, { timeout: 5000 }).toEqual([]);
  // One that is there for certain, as bwrap is while it waits for a parent that is gone.
  const stray = spawn('bwrap', ['--ro-bind', '/', '/', '--setenv', 'X', `${runtimeDir}/s/x`, 'sleep', '60']);
  await expect.poll(async () => (await left()).length).toBeGreaterThan(0);
  await createBubblewrap({ runtimeDir, log: silentLog, owner }).endLeftovers();
  await expect.poll(left).toEqual([]);
  stray.kill('SIGKILL');
  expect(await readdir(runtimeDir)).toEqual([]);
});

describe('streams into it', () => {
  // Security: a program may exchange its socket for a link to a socket of the owner.
  test('a link in place of a socket is refused', async () => {
    const trap = join(folder, 'bus');
    const server = createServer((socket) => socket.end('secrets')).listen(trap);
    const services = [streamServer('echo', 2, ['/bin/cat'])];
    const made = await spec();
    await using sandbox = await engine.startSandbox({ ...made, services: [...made.services, ...services] });
    (await sandbox.connect(socketOf('echo'))).destroy();
    const out = `rm /run/ebp/sock/echo; ln -s ${trap} /run/ebp/sock/echo; touch ~/done; sleep 5`;
    await sandbox.runMain({ argv: ['bash', '-c', out], workingDirectory: null });
    await expect
      .poll(() =>
        stat(join(folder, `home${homeCount}`, 'done')).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await expect(sandbox.connect(socketOf('echo'))).rejects.toMatchObject({ code: 'container-failed' });
    server.close();
  });
});

test('listening ports are read from proc(5)', () => {
  const table =
    '  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A\n   9: 0100007F:AAAAA 00000000:0000 0A\n   1: 0100007F:1F91 00000000:0000 01\n';
  expect(parseListeningPorts(table)).toEqual([8080]);
});

async function processes(): Promise<{ readonly pid: string; readonly line: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => ({ pid, line: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') })),
  );
}
