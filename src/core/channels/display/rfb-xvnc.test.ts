// The filters of a display's stream between a real Xvnc with a program that resists, and a viewer that asks for all it can.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Powers } from '../../../contract/powers.ts';
import { noPowers } from '../../../contract/powers.ts';
import type { Sandbox } from '../../container/engine.ts';
import { openTestSandboxes, type TestSandboxes } from '../../container/sandboxes.test-support.ts';
import { joinStreams } from '../../wire/ssh/ssh.ts';
import { bytes, NOVNC_ENCODINGS, passThrough, RecordingViewer, serverGreeting, u16, u32 } from './rfb.test-support.ts';
import { RfbClientFilter } from './rfb-client-filter.ts';
import { encoding } from './rfb-protocol.ts';
import { RfbServerFilter } from './rfb-server-filter.ts';
import { DISPLAY_SOCKET, screenPart } from './screen-part.ts';

const SECRET = 'a text of the program';
/** ServerCutText that says which kinds of text there are now (extended clipboard, notify); the kinds follow in three bytes. */
const NOTICE = Buffer.from('03000000fffffffc08', 'hex');
/** Flags of one that brings the text (provide), and the beginning of what is packed. */
const PROVISION = Buffer.from('1000000178', 'hex');
/** On a computer that has much else to do. */
const LONGEST_WAIT_MS = 15_000;
const COPIED_LINE_BYTES = 'copied\n'.length;
const GREETING_BYTES = Buffer.concat(serverGreeting()).length;

/** Colours of all kinds, so that every way of packing pixels is used, and a text that is copied again and again. */
const RESTLESS = `(while true; do
    vncconfig -display :1 -set SendCutText=1
    date +"${SECRET} %N" | tr -d '\\n' | xclip -selection clipboard
    echo copied >>~/copied
    sleep 0.1
  done) 2>/dev/null &
  exec xterm -fs 6 -geometry 100x40+0+0 -e bash -c 'for ((i = 0; ; i += 1)); do
    for ((j = 0; j < 60; j += 1)); do printf "\\e[48;2;$((RANDOM % 256));$((RANDOM % 256));$((RANDOM % 256))m%s" "$RANDOM "; done
    [ $((i % 5)) = 0 ] && printf "\\e[0m\\e[2J\\a\\e]2;title $i\\a"
    sleep 0.02
  done'`;

let sandboxes: TestSandboxes;
let sandbox: Sandbox & { readonly homePath: string };
const copied = async () => (await readFile(join(sandbox.homePath, 'copied'), 'utf8').catch(() => '')).length;

beforeAll(async () => {
  sandboxes = await openTestSandboxes();
  sandbox = await sandboxes.start(['bash', '-c', RESTLESS], { parts: [screenPart({ width: 640, height: 480 })] });
  await vi.waitUntil(async () => (await copied()) > 0, LONGEST_WAIT_MS);
});
afterAll(async () => {
  await sandbox?.stop();
  await sandboxes[Symbol.asyncDispose]();
});

const resize = (width: number, height: number) =>
  Buffer.concat([bytes(251, 0), u16(width), u16(height), bytes(1, 0), u32(0), u32(0), u16(width), u16(height), u32(0)]);
const continuously = Buffer.concat([bytes(150, 1), u32(0), u16(4096), u16(4096)]);

function count(haystack: Buffer, needle: Buffer | string): number {
  let found = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) found += 1;
  return found;
}

const countTexts = (received: Buffer) =>
  [NOTICE, PROVISION, SECRET].map((sign) => count(received, sign)).reduce((sum, times) => sum + times);

const isAgreed = (kind: number) => ![-260, 21, 5, 2, 6, -309, -316].includes(kind);
const pseudo = NOVNC_ENCODINGS.filter((kind) => kind < 0 && isAgreed(kind) && kind !== encoding.extendedClipboard);
const extended = encoding.extendedClipboard;
describe.each([
  ['Tight with JPEG, as noVNC asks', NOVNC_ENCODINGS.filter(isAgreed)],
  ['Tight without JPEG', [7, 1, -254, extended, ...pseudo.filter((kind) => kind < -32 || kind > -23)]],
  ['ZRLE', [16, 1, extended, encoding.cursor, ...pseudo]],
  ['raw, without any extension', [0]],
  ['raw, with the plain clipboard', [0, ...pseudo]],
])('what Xvnc sends (%s)', (_, encodings) => {
  test('is read to its end, however it is cut; without the power its texts are gone and nothing else', async () => {
    using viewer = await RecordingViewer.open(await sandbox.connect(DISPLAY_SOCKET), { encodings });
    await sleep(300);
    // Xvnc does not outlive a new size for a viewer that knows of none.
    const canResize = encodings.includes(encoding.extendedDesktopSize);
    if (canResize) viewer.send(resize(700, 500));
    viewer.send(Buffer.concat([bytes(5, 0), u16(20), u16(20)]));
    await sleep(300);
    if (encodings.includes(encoding.continuousUpdates)) viewer.send(continuously);
    if (canResize) viewer.send(resize(640, 480));
    await vi.waitUntil(() => viewer.received.length > 10_000 && countTexts(viewer.received) > 1, LONGEST_WAIT_MS);
    await sleep(300);
    const sent = viewer.received;
    const read = (clipboardOut: boolean, bytesOfIt = sent, pieceBytes?: number) =>
      passThrough(new RfbServerFilter(() => ({ ...noPowers, clipboardOut })), bytesOfIt, pieceBytes);
    const without = read(false);
    const withText = read(true);
    for (const size of [13, 4096]) expect(read(false, sent, size).equals(without), `pieces of ${size}`).toBe(true);
    const beginning = sent.subarray(0, 300_000);
    expect(read(false, beginning, 1).equals(read(false, beginning)), 'byte by byte').toBe(true);
    // All of it, except for the name of the display and a message that is not whole yet.
    const name = sent.readUInt32BE(GREETING_BYTES - 4);
    expect(sent.subarray(GREETING_BYTES + name).indexOf(withText.subarray(GREETING_BYTES))).toBe(0);
    expect(sent.length - name - withText.length).toBeLessThan(1000);
    // Only texts are gone: notices of twelve bytes each, or the copied text after eight bytes.
    const notices = count(withText, NOTICE);
    const plain = count(withText, SECRET);
    expect(notices + plain).toBeGreaterThan(1);
    expect([count(without, NOTICE), count(without, SECRET)]).toEqual([0, 0]);
    const copiedBytes = `${SECRET} 123456789`.length;
    expect(withText.length - without.length).toBe(notices * (NOTICE.length + 3) + plain * (8 + copiedBytes));
  });
});

test('a program that resists gives its visitor no text after the power was taken away, and the picture goes on', async () => {
  for (const kind of [{}, { takesUnasked: true }, { encodings: [7, 0] }]) {
    let powers: Powers = { ...noPowers, clipboardOut: true };
    const [near, far] = duplexPair();
    const filters = { toHost: new RfbClientFilter(() => powers), toVisitor: new RfbServerFilter(() => powers) };
    const errors: Error[] = [];
    for (const filter of [filters.toHost, filters.toVisitor]) filter.on('error', (error) => errors.push(error));
    const joined = joinStreams(far, await sandbox.connect(DISPLAY_SOCKET), { toHost: 0, toVisitor: 0 }, filters);
    {
      using viewer = await RecordingViewer.open(near, kind);
      const texts = () => countTexts(viewer.received);
      await vi.waitUntil(() => texts() > 2, LONGEST_WAIT_MS);
      powers = noPowers;
      const before = { texts: texts(), bytes: viewer.received.length, copied: await copied() };
      // The program goes on to copy, and the picture to change.
      const goesOn = async () => (await copied()) > before.copied + 8 * COPIED_LINE_BYTES;
      await vi.waitUntil(goesOn, LONGEST_WAIT_MS);
      await vi.waitUntil(() => viewer.received.length > before.bytes + 10_000, LONGEST_WAIT_MS);
      expect(texts()).toBe(before.texts);
      expect(errors).toEqual([]);
    }
    far.destroy();
    await joined;
  }
});
