// A program and a viewer of somebody else's making work together: text leaves the session only while its person lets it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noPowers } from '../../src/contract/powers.ts';
import { RecordingViewer } from '../../src/core/channels/display/rfb.test-support.ts';
import { expect, soon, test, useLan } from '../computers/fixtures.ts';
import { allow, expectWell } from './person.ts';
import { useMallory } from './use-mallory.ts';

const SECRET = 'a text of the program';

/** ServerInit of a screen of 16 × 16, as octal escapes of printf. */
const INIT = '\\0\\020\\0\\020\\040\\030\\0\\1\\0\\377\\0\\377\\0\\377\\020\\010\\0\\0\\0\\0\\0\\0\\0\\0';
const TEXT = `\\3\\0\\0\\0\\0\\0\\0\\${SECRET.length.toString(8)}${SECRET}`;
/** A server that says all at once: a greeting, then bells and texts without end. */
const OWN_SERVER = `#!/bin/bash
printf 'RFB 003.008\\n\\1\\1\\0\\0\\0\\0${INIT}'
for ((i = 0; i < 1000; i += 1)); do printf '${TEXT}\\2'; sleep 0.02; done
`;

const lan = useLan({
  alice: {},
  bob: {
    apps: {
      // Opens what the display may send, and copies a text again and again.
      resist: `sh -c "while true; do vncconfig -display :1 -set SendCutText=1; date +'${SECRET} %N' | xclip -selection clipboard; echo >>copied; sleep 0.1; done & exec xcalc"`,
      // Puts a display of its own where the host looks for one.
      replace: `sh -c "echo ${Buffer.from(OWN_SERVER).toString('base64')} | base64 -d >own; rm -f /run/ebp/sock/display; socat UNIX-LISTEN:/run/ebp/sock/display,fork EXEC:'bash own' & exec xcalc"`,
    },
  },
});

const mallory = useMallory(lan);
test.afterEach(() => expectWell(lan.bob));

/** What is copied, as a notice, packed, or as it is. */
const SIGNS = [Buffer.from('03000000fffffffc08', 'hex'), Buffer.from('1000000178', 'hex'), Buffer.from(SECRET)];
const hasText = (bytes: Buffer) => SIGNS.some((sign) => bytes.includes(sign));

/** A session that was allowed, with the clipboard out. */
async function sessionWith(app: string) {
  const visit = await mallory.visit(lan.bob);
  const requestId = await visit.ask(`app:${app}`, 'viewer', { clipboardOut: true });
  await allow(lan.bob, requestId);
  const { sessionId } = await visit.sessionOf(requestId);
  return { visit, sessionId, open: () => visit.openTunnel(sessionId, 'display') };
}

for (const [name, kind] of [
  ['a notice', {}],
  ['the text at once', { takesUnasked: true }],
  ['plain texts', { encodings: [7, 0] }],
] as const)
  test(`a program that opens its display’s clipboard again gives nothing to a viewer that takes ${name}`, async () => {
    const { sessionId, open } = await sessionWith('resist');
    using viewer = await RecordingViewer.open(await open(), kind);
    await soon(() => hasText(viewer.received)).toBe(true);
    const bob = await lan.bob.core();
    const copies = () => readFileSync(join(bob.read('containers')?.[0]?.homePath ?? '', 'copied'), 'utf8').length;
    await bob.call('sessions.narrow', { sessionId: sessionId as never, powers: noPowers });
    const before = { bytes: viewer.received.length, copies: copies() };
    await soon(copies).toBeGreaterThan(before.copies + 8);
    expect(hasText(viewer.received.subarray(before.bytes))).toBe(false);
    // A stream that is opened anew has no more of it, and has the picture.
    using again = await RecordingViewer.open(await open(), kind);
    const since = copies();
    await soon(copies).toBeGreaterThan(since + 8);
    expect(again.received.length).toBeGreaterThan(1000);
    expect(hasText(again.received)).toBe(false);
  });

test('a program that is its own display gives nothing either, and what passed goes on to pass', async () => {
  const { sessionId, open } = await sessionWith('replace');
  const received: Buffer[] = [];
  const whole = () => Buffer.concat(received);
  const bells = () => whole().filter((byte) => byte === 2).length;
  // Until the program has put its display there.
  await soon(async () => {
    received.length = 0;
    // There is none in the moment in which it takes the other's place.
    const channel = await open().catch(() => undefined);
    if (channel === undefined) return false;
    channel.on('data', (chunk: Buffer) => received.push(chunk));
    channel.write('RFB 003.008\n\x01\x01');
    await sleep(400);
    return hasText(whole());
  }).toBe(true);
  const bob = await lan.bob.core();
  await bob.call('sessions.narrow', { sessionId: sessionId as never, powers: noPowers });
  const before = { bytes: whole().length, bells: bells() };
  await soon(bells).toBeGreaterThan(before.bells + 20);
  const since = whole().subarray(before.bytes);
  expect(hasText(since)).toBe(false);
  // Bells, and nothing else.
  expect(since.every((byte) => byte === 2)).toBe(true);
});
