// Programs that play sound find a device in a real sandbox, which takes it at the pace of a real one.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestSandboxes, type TestSandboxes } from '../sandboxes.test-support.ts';

let sandboxes: TestSandboxes;
beforeAll(async () => {
  sandboxes = await openTestSandboxes();
});
afterAll(() => sandboxes[Symbol.asyncDispose]());

/** Two seconds of silence as a WAV file, played; prints the status and the milliseconds that it took. */
const playing = (
  player: string,
) => `cd; perl -e 'print pack("A4VA4A4VvvVVvvA4V", "RIFF", 384036, "WAVE", "fmt ", 16, 1, 2, 48000, 192000, 4, 16, "data", 384000), "\\0" x 384000' >two.wav
  started=$EPOCHREALTIME; ${player} two.wav; echo "status $? after $(( (\${EPOCHREALTIME/[.,]/} - \${started/[.,]/}) / 1000 )) ms"`;

/** @throws when the player failed */
function msOf(out: string): number {
  const [, status, ms] = /^status (\d+) after (\d+) ms$/m.exec(out) ?? [];
  expect(status, out).toBe('0');
  return Number(ms);
}

test('two seconds of sound for ALSA take two seconds, and leave nothing running', async () => {
  const out = await sandboxes.runScript(`${playing('aplay -q')}; sleep 0.3; cat /proc/[0-9]*/cmdline | tr '\\0' ' '`);
  expect(msOf(out)).toBeGreaterThan(1700);
  expect(msOf(out)).toBeLessThan(6000);
  expect(out).not.toContain('swallow');
});

test('two sounds at once are played at once', async () => {
  const ms = msOf(await sandboxes.runScript(`${playing('play() { aplay -q "$1" & aplay -q "$1"; wait; }; play')}`));
  expect(ms).toBeGreaterThan(1700);
  expect(ms).toBeLessThan(3900);
});

test('there is nothing to record from, and that is said at once', async () => {
  expect(await sandboxes.runScript('timeout 5 arecord -q -d 1 x.wav; echo "status $?"')).toMatch(/^status 1$/m);
});

// Not every computer has it, and its package would push PipeWire aside.
test.skipIf(!existsSync('/usr/bin/pulseaudio') || !existsSync('/usr/bin/paplay'))(
  'where PulseAudio is, the first program that wants it starts it',
  async () => {
    const ms = msOf(await sandboxes.runScript(playing('paplay')));
    expect(ms).toBeGreaterThan(1700);
    expect(ms).toBeLessThan(9000);
  },
);

test.skipIf(!existsSync('/usr/bin/paplay'))(
  'where it is not, a program that asks for it is told so at once',
  async () => {
    const withoutDaemon =
      'export PULSE_CLIENTCONFIG=~/client.conf; sed "s,^daemon-binary.*,daemon-binary = /usr/bin/nothing," /etc/pulse/client.conf >~/client.conf';
    const out = await sandboxes.runScript(`${withoutDaemon}; ${playing('paplay')}`);
    expect(Number(/^status 1 after (\d+) ms$/m.exec(out)?.[1])).toBeLessThan(2000);
  },
);
