// What every engine must do: the rest of engine.ts. A new engine calls this in a test of its own, and passes it.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { streamServer } from './desktop/stream-server.ts';
import type { Engine, Sandbox, SandboxSpec } from './engine.ts';
import { CONF, socketOf } from './inside.ts';

/** What the suite needs of the one that starts it. */
export interface EngineUnderTest extends AsyncDisposable {
  readonly engine: Engine;
  /** What a sandbox is made of: in a new home, with the desktop. */
  spec(change?: Partial<SandboxSpec>): Promise<SandboxSpec>;
  /** As an engine of a core that starts again with the same folders. */
  again(): Engine;
  /** What sandboxes have on this computer while they run, but for their homes. */
  leftovers(): Promise<readonly string[]>;
}

const program = (script: string, workingDirectory: string | null = null) => ({
  argv: ['bash', '-c', script],
  workingDirectory,
});

export function testEngine(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(`${name} as an engine`, () => {
    let under: EngineUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under[Symbol.asyncDispose]());

    async function start(change?: Partial<SandboxSpec>): Promise<Sandbox & { readonly homePath: string }> {
      const spec = await under.spec(change);
      return Object.assign(await under.engine.startSandbox(spec), { homePath: spec.homePath });
    }
    const written = (sandbox: { readonly homePath: string }, file = 'out') =>
      readFile(join(sandbox.homePath, file), 'utf8').catch(() => '');

    describe('a program', () => {
      test('runs with its words as they are, in its folder or else in the home, and says how it ended', async () => {
        await using sandbox = await start();
        const hostile = '$(id) `id` "\' \n | & é';
        const words = { argv: ['bash', '-c', 'printf "%s" "$1" >~/out; pwd >>~/where; exit 7', 'sh', hostile] };
        for (const workingDirectory of ['/usr', '/nowhere', null])
          expect(await (await sandbox.run({ ...words, workingDirectory })).ended).toBe(7);
        expect(await written(sandbox)).toBe(hostile);
        expect(await written(sandbox, 'where')).toBe('/usr\n/home/ebp\n/home/ebp\n');
        expect(sandbox.state).toBe('running');
        await expect(sandbox.run({ argv: ['echo', 'a\0b'], workingDirectory: null })).rejects.toMatchObject({
          code: 'bad-input',
        });
      });

      test('has the environment of the spec, and none of this computer', async () => {
        const spec = await under.spec();
        await using sandbox = await start({ environment: { ...spec.environment, EBP_TOLD: 'a b' } });
        await (await sandbox.run(program('env >~/out'))).ended;
        const names = (await written(sandbox)).split('\n').map((line) => line.split('=')[0] ?? '');
        expect(await written(sandbox)).toContain('EBP_TOLD=a b\n');
        const known = [...Object.keys(spec.environment), 'EBP_TOLD', 'PWD', 'OLDPWD', 'SHLVL', '_', ''];
        expect(names.filter((one) => !known.includes(one))).toEqual([]);
      });

      test('is killed with what it started, and others go on', async () => {
        await using sandbox = await start();
        const first = await sandbox.run(program('(while true; do date +%N >~/child; sleep 0.05; done) & sleep 600'));
        const other = await sandbox.run(program('sleep 0.7; exit 4'));
        await expect.poll(() => written(sandbox, 'child')).not.toBe('');
        first.kill();
        expect(await first.ended).toBe(137);
        const last = await written(sandbox, 'child');
        expect(await other.ended).toBe(4);
        expect(await written(sandbox, 'child')).toBe(last);
        first.kill();
      });

      test('that is the main one runs once, and the sandbox ends with it and keeps what it wrote', async () => {
        await using sandbox = await start();
        await (await sandbox.run(program('echo before'))).ended;
        const bystander = await sandbox.run(program('sleep 600'));
        const main = await sandbox.runMain(program('echo one; echo two >&2; sleep 0.3; exit 5'));
        await expect(sandbox.runMain(program('true'))).rejects.toMatchObject({ code: 'container-failed' });
        expect(await main.ended).toBe(5);
        const end = await sandbox.ended;
        expect(end).toMatchObject({ exitCode: 5, wantedOwnSandbox: false });
        expect([...end.output.first].sort()).toEqual(['one', 'two']);
        expect(await bystander.ended).toBeNull();
        expect(sandbox.state).toBe('ended');
        await expect(sandbox.run(program('true'))).rejects.toMatchObject({ code: 'container-failed' });
      });

      test('that was killed has the exit code of its signal, and one that is not there has 127', async () => {
        await using sandbox = await start();
        expect(await (await sandbox.run(program('kill -SEGV $$'))).ended).toBe(139);
        expect(await (await sandbox.run({ argv: ['/usr/bin/nothing'], workingDirectory: null })).ended).toBe(127);
      });
    });

    describe('a service', () => {
      const echo = streamServer('echo', 4, ['/bin/cat']);

      test('of the spec can be reached when the sandbox has started, by several at a time', async () => {
        const spec = await under.spec();
        await using sandbox = await start({ services: [...spec.services, echo] });
        const streams = await Promise.all(['a', 'b'].map(() => sandbox.connect(socketOf('echo'))));
        const answers = streams.map((stream, index) => text(stream.end(`to ${index}`)));
        expect(await Promise.all(answers)).toEqual(['to 0', 'to 1']);
      });

      test('can be added later, and killed', async () => {
        await using sandbox = await start();
        await expect(sandbox.connect(socketOf('echo'))).rejects.toMatchObject({ code: 'container-failed' });
        const served = await sandbox.serve(echo);
        const stream = await sandbox.connect(socketOf('echo'));
        const over = text(stream).catch(() => {});
        stream.write('half');
        served.kill();
        await Promise.all([over, served.ended]);
        await expect(sandbox.connect(socketOf('echo'))).rejects.toMatchObject({ code: 'container-failed' });
      });

      test('that ends before it can be used is said with its own words, at the start and later', async () => {
        const broken = { argv: ['bash', '-c', 'echo the part is broken; exit 1'], readyAt: 'never' };
        const failed = { code: 'container-failed', params: { why: 'the part is broken' } };
        await using sandbox = await start();
        await expect(sandbox.serve(broken)).rejects.toMatchObject(failed);
        const spec = await under.spec();
        await expect(start({ services: [...spec.services, broken] })).rejects.toMatchObject(failed);
      });

      test('in a folder of sockets of its own is reached there, and no other folder is', async () => {
        await using sandbox = await start({ socketFolders: ['/tmp/own-sockets'] });
        await sandbox.serve(echo);
        const listen = 'exec socat UNIX-LISTEN:/tmp/own-sockets/one,fork EXEC:/bin/cat';
        await sandbox.run(program(listen));
        const connect = () => sandbox.connect('/tmp/own-sockets/one').catch(() => null);
        await expect.poll(connect).not.toBeNull();
        expect(await text((await sandbox.connect('/tmp/own-sockets/one')).end('x'))).toBe('x');
        for (const path of ['/tmp/one', '/run/ebp/sock/../sock/echo', 'echo'])
          await expect(sandbox.connect(path), path).rejects.toMatchObject({ code: 'container-failed' });
      });
    });

    test('a file that is brought along is there, cannot be changed inside, and can be exchanged from outside', async () => {
      const spec = await under.spec();
      const file = { name: 'brought/along', text: 'first', alsoAt: ['/etc/brought-along'] };
      const script = { name: 'script', text: '#!/bin/sh\ncat /etc/brought-along; echo', mode: 0o755 };
      await using sandbox = await start({ files: [...spec.files, file, script] });
      const read = `echo x >${CONF}/brought/along; mv ${CONF}/brought ${CONF}/b; ${CONF}/script >>~/out`;
      await (await sandbox.run(program(read))).ended;
      await sandbox.provide({ ...file, text: 'second' });
      await (await sandbox.run(program(read))).ended;
      expect(await written(sandbox)).toBe('first\nsecond\n');
    });

    test('the home lasts, is the only thing that does, and no other sandbox sees it', async () => {
      const spec = await under.spec();
      for (const wanted of ['none\n', 'kept\n']) {
        await using sandbox = await under.engine.startSandbox(spec);
        const look = 'cat ~/file 2>/dev/null || echo none; echo kept >~/file; touch /tmp/x /var/tmp/x';
        await (await sandbox.run(program(`{ ${look}; } >~/out; ls /tmp/x /var/tmp/x >~/made`))).ended;
        expect(await written(spec)).toBe(wanted);
        await sandbox.stop();
      }
      await using other = await start();
      await (await other.run(program('ls ~/file /tmp/x /var/tmp/x >~/out 2>/dev/null'))).ended;
      expect(await written(other)).toBe('');
    });

    test('threads have a limit', async () => {
      await using sandbox = await start({ limits: { threads: 40 } });
      await sandbox.run(program('for i in $(seq 80); do sleep 600 & done 2>/dev/null; wait'));
      await expect.poll(async () => (await sandbox.stats()).processCount, { timeout: 5000 }).toBeGreaterThan(20);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await sandbox.stats()).processCount).toBeLessThanOrEqual(45);
    });

    test('listening ports, memory and processes are told', async () => {
      await using sandbox = await start();
      expect(await sandbox.listListeningPorts()).toEqual([]);
      const before = await sandbox.stats();
      await sandbox.run(program('exec socat TCP-LISTEN:8321,bind=127.0.0.1 /dev/null'));
      await expect.poll(() => sandbox.listListeningPorts()).toEqual([8321]);
      const after = await sandbox.stats();
      expect(after.processCount).toBeGreaterThan(before.processCount);
      expect(after.memoryBytes).toBeGreaterThan(100_000);
    });

    test('there is no network but loopback of its own, until it is given, and again when it is taken away', async (context) => {
      const port = createServer().listen(0, '127.0.0.1');
      await using _ = { [Symbol.asyncDispose]: async () => void port.close() };
      await using sandbox = await start({ canHaveNetwork: under.engine.abilities.has('network:internet') });
      const routes = async () => {
        await (await sandbox.run(program('ip -o -4 addr show scope global >~/out; ip -4 route >>~/out'))).ended;
        return written(sandbox);
      };
      expect(await routes()).toBe('');
      await sandbox.setNetwork('none');
      if (!under.engine.abilities.has('network:internet')) return;
      if (!existsSync('/dev/net/tun')) return context.skip();
      await sandbox.setNetwork('internet');
      expect(await routes()).toContain('default via');
      await sandbox.setNetwork('none');
      await expect.poll(routes).not.toContain('default via');
    });

    test('stop takes everything along within a second, and can be asked for again', async () => {
      await using sandbox = await start();
      const main = await sandbox.runMain(program('trap "" TERM HUP INT; (setsid sleep 600 &); sleep 600'));
      const startedAt = performance.now();
      await Promise.all([sandbox.stop(), sandbox.stop()]);
      await sandbox.stop();
      expect(performance.now() - startedAt).toBeLessThan(1000);
      expect(await main.ended).toBeNull();
      expect(await sandbox.ended).toMatchObject({ exitCode: null });
      expect(await sandbox.stats()).toEqual({ memoryBytes: 0, processCount: 0 });
      for (const late of [() => sandbox.connect(socketOf('x')), () => sandbox.setNetwork('internet')])
        await expect(late()).rejects.toMatchObject({ code: 'container-failed' });
    });

    test('an abort while it starts is told as one, and leaves nothing, as every end does', async () => {
      for (const ms of [0, 10, 40]) {
        const spec = await under.spec({ services: [{ argv: ['sleep', '600'], readyAt: 'never' }] });
        await expect(under.engine.startSandbox(spec, AbortSignal.timeout(ms))).rejects.toMatchObject({
          code: 'cancelled',
        });
      }
      expect(await under.leftovers()).toEqual([]);
      await using sandbox = await start();
      expect(await under.leftovers()).not.toEqual([]);
      await sandbox.stop();
      expect(await under.leftovers()).toEqual([]);
    });

    test('what a core left is ended by the next one', async () => {
      await using sandbox = await start();
      await under.again().endLeftovers();
      expect(await sandbox.ended).toMatchObject({ exitCode: null });
      expect(await under.leftovers()).toEqual([]);
    });

    test('what it lacks is said as items, and what it sees of this computer is described', async () => {
      for (const item of await under.engine.check()) expect(['ok', 'warning', 'error']).toContain(item.level);
      const mounts = under.engine.describeMounts('/srv/home', [{ source: '/srv/a', target: '/srv/b', mode: 'ro' }]);
      expect(mounts).toContainEqual({ path: '/srv/home', target: '/home/ebp', mode: 'rw' });
      expect(mounts).toContainEqual({ path: '/srv/a', target: '/srv/b', mode: 'ro' });
    });
  });
}
