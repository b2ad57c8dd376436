// The power to exchange files: a folder of the container, through the window, and nothing without it.
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDisk, folderOf, freeDisk } from '../../lab/hosts.ts';
import { sandboxProcesses } from '../../lab/processes.ts';
import { noPowers } from '../../src/contract/powers.ts';
import { checkAccess } from '../computers/axe.ts';
import { expect, soon, test, timed, useLan } from '../computers/fixtures.ts';
import { openSession } from '../computers/open-session.ts';
import { FilesPanel } from '../pages/files-panel.ts';

const MIB = 1024 * 1024;
/** As the visitor and the program make it, each by itself. */
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Reads what it is given, and answers with the same bytes and their digest. */
const WORK = `cd ~/Exchange; while true; do if [ -e in.bin ]; then cp in.bin new; mv new out.bin; sha256sum <in.bin >sum.txt; rm in.bin; fi; sleep 0.05; done`;
/** Links to what it may not see on the host, and names that are not what they look like. */
const EVIL = `cd ~/Exchange; ln -sf /etc/passwd evil; ln -sfn / root; touch "$(printf 'a\\342\\200\\256gnp.exe')" '<img src=x onerror=alert(1)>'; mkdir -p sub; sleep 600`;

const lan = useLan({ alice: {}, bob: {} });

test.beforeAll(() => {
  for (const [id, script] of Object.entries({ work: WORK, evil: EVIL, idle: 'sleep 600' })) {
    // The escapes of the Desktop Entry Specification: in a string, and in quotes.
    const quoted = script
      .replace(/["`$\\]/g, '\\$&')
      .replaceAll('\\', '\\\\')
      .replaceAll('%', '%%');
    lan.bob.addApp(id, `sh -c "(${quoted}) & exec xcalc"`);
  }
});

test.afterEach(async () => {
  await (await lan.bob.core()).call('sessions.endAll', {});
  for (const page of lan.alice.shell.context.pages()) if (/window=viewer/.test(page.url())) await page.close();
  await expect.poll(() => sandboxProcesses('bob')).toEqual([]);
});

/** A file on the visitor’s disk: of these bytes, or of so many zeros that take no space. */
function makeFile(name: string, content: Buffer | number): string {
  const path = join(folderOf('alice', 'home'), name);
  writeFileSync(path, content instanceof Buffer ? content : '');
  if (typeof content === 'number') truncateSync(path, content);
  return path;
}

async function exchangeFolder(): Promise<string> {
  return join((await lan.bob.core()).read('containers')?.[0]?.homePath ?? '', 'Exchange');
}

test('a file goes to the program, and another comes back, the same to the byte', async ({ shell }) => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'work', { files: true });
  const files = await new FilesPanel(viewer.page).open();
  await expect(files.panel.getByRole('heading', { name: 'The folder is empty' })).toBeVisible();
  await checkAccess(viewer.page, 'files, empty');
  const bytes = randomBytes(5 * MIB + 7);
  await files.choose(makeFile('in.bin', bytes));
  await expect(viewer.page.getByText('in.bin is there now.')).toBeVisible();
  await expect(files.entry('out.bin')).toBeVisible();
  await expect(files.entry('sum.txt')).toBeVisible();
  await checkAccess(viewer.page, 'files');
  if (shell === 'browser') {
    const saved = await files.save('out.bin', lan.alice.shell);
    expect([saved.name, digest(saved.bytes)]).toEqual(['out.bin', digest(bytes)]);
    expect((await files.save('sum.txt', lan.alice.shell)).bytes.toString()).toBe(`${digest(bytes)}  -\n`);
  }
  // Electron asks in the system's dialog: e2e/electron/save.test.ts. Here it is the same byte for byte on the host.
  else expect(digest(readFileSync(join(await exchangeFolder(), 'out.bin')))).toBe(digest(bytes));
  // The page is still there, and the program’s screen too.
  await expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running');
  await files.remove('out.bin');
  await expect(files.entry('out.bin')).toBeHidden();
  expect(readdirSync(await exchangeFolder())).toEqual(['sum.txt']);
  // Its bytes count for the session on both sides.
  const [alice, bob] = await Promise.all([lan.alice.core(), lan.bob.core()]);
  for (const core of [alice, bob]) {
    const read = () => core.read('sessions')?.find(({ state }) => state === 'running');
    const backBytes = shell === 'browser' ? bytes.length : 0;
    await soon(() => (read()?.bytesToHost ?? 0) > bytes.length && (read()?.bytesToVisitor ?? 0) > backBytes).toBe(true);
  }
});

test('a file that is dropped on the window is sent, and can be broken off', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'idle', { files: true });
  const files = new FilesPanel(viewer.page);
  await files.drop('dropped.bin', 3 * MIB);
  await expect(files.panel).toBeVisible();
  await expect(files.entry('dropped.bin')).toBeVisible();
  await files.drop('dropped.bin', 10);
  await expect(viewer.page.getByText('Saved as “dropped (2).bin”: the folder had a “dropped.bin”.')).toBeVisible();
  await files.chooseLarge(makeFile('huge.bin', 700 * MIB));
  await expect(files.progress('huge.bin')).toBeVisible();
  await files.panel.getByRole('button', { name: 'Cancel sending huge.bin' }).click();
  await expect(files.progress('huge.bin')).toBeHidden();
  const folder = await exchangeFolder();
  // The folder lasts: what the test before left is there as well.
  const left = () => readdirSync(folder).filter((name) => name !== 'sum.txt');
  await soon(() => left().toSorted()).toEqual(['dropped (2).bin', 'dropped.bin']);
  // By keyboard: Escape closes the panel, and the focus is where it came from.
  await files.panel.getByRole('button', { name: 'Send files…' }).focus();
  await viewer.page.keyboard.press('Escape');
  await expect(files.panel).toBeHidden();
  await expect(files.button).toBeFocused();
});

test('taken away in the middle of an upload: it breaks off, and the panel closes and says so', async () => {
  const { viewer, atHost } = await openSession(lan.alice, lan.bob, 'idle', { files: true });
  const files = await new FilesPanel(viewer.page).open();
  await files.chooseLarge(makeFile('huge.bin', 700 * MIB));
  const folder = await exchangeFolder();
  await soon(() => readdirSync(folder).some((name) => name.startsWith('.ebp-upload-'))).toBe(true);
  await (await lan.bob.core()).call('sessions.narrow', { sessionId: atHost, powers: noPowers });
  await timed('the panel closes', 1500, () => expect(files.panel).toBeHidden());
  await expect(files.button).toBeHidden();
  await expect(viewer.page.getByText(/took away/).first()).toBeVisible();
  await expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running');
  await soon(() => readdirSync(folder).filter((name) => /huge|upload/.test(name))).toEqual([]);
  // Nobody of the sandbox serves files any more.
  await expect.poll(() => sandboxProcesses('bob').filter((name) => name.includes('sftp'))).toEqual([]);
});

test('a disk that is full there is said, at the file that had no room', async () => {
  const { viewer } = await openSession(lan.alice, lan.bob, 'idle', { files: true });
  const files = await new FilesPanel(viewer.page).open();
  await files.panel.getByText('Exchange').first().waitFor();
  fillDisk('bob');
  try {
    await files.chooseLarge(makeFile('large.bin', 20 * MIB));
    await expect(files.panel.getByText('There is no space left for “large.bin” on the other computer.')).toBeVisible();
    await checkAccess(viewer.page, 'files, failed');
  } finally {
    freeDisk('bob');
  }
  await files.panel.getByRole('button', { name: 'Dismiss the message about large.bin' }).click();
  const folder = await exchangeFolder();
  await soon(() => readdirSync(folder).filter((name) => /large|upload/.test(name))).toEqual([]);
  await files.choose(makeFile('large.bin', MIB));
  await expect(files.entry('large.bin')).toBeVisible();
  await files.remove('large.bin');
});

test('without the power there is nothing: no button, no method, no channel of a core that asks all the same', async ({
  shell,
}) => {
  const { viewer, atHost, atVisitor } = await openSession(lan.alice, lan.bob, 'idle', { files: true }, {});
  const files = new FilesPanel(viewer.page);
  await expect(files.button).toBeHidden();
  // What is dropped is not opened in place of the page either.
  await files.drop('a.txt', 10);
  await expect(viewer.page.locator('html')).toHaveAttribute('data-viewer', 'running');
  const alice = await lan.alice.core();
  await expect(alice.call('files.list', { sessionId: atVisitor })).rejects.toMatchObject({ code: 'not-allowed' });
  // The other shell seals the key of the identity, with which such a core would come.
  if (shell !== 'browser') return;
  const script = `
    import { openIdentity } from './src/core/identity/identity.ts';
    import { connectPeer } from './src/core/wire/peer-client.ts';
    const [folder, host, port, sessionId] = process.argv.slice(1);
    const log = { error() {}, warn() {}, info() {}, debug() {} };
    const identity = await openIdentity(folder, log);
    const address = { host, port: Number(port) };
    const connection = await connectPeer({ identity, log, address, expectedId: null, name: 'Alice', onNotice() {} });
    for (const end of ['files', 'display', 'files']) {
      await connection.openTunnel(sessionId, end).then(() => console.log(end, 'opened'), () => console.log(end, 'refused'));
    }
    process.exit();`;
  const port = String((await lan.bob.core()).read('self')?.peerPort);
  const node = [process.execPath, '--input-type=module', '-e', script];
  const asked = await lan.alice.run([...node, join(lan.alice.profileDir, 'identity'), lan.bob.address, port, atHost]);
  expect([asked.out, asked.error]).toEqual(['files refused\ndisplay opened\nfiles refused\n', '']);
});

test('a file over the limit is refused before a byte of it is sent, and a name that cannot be kept is said', async () => {
  await lan.bob.set({ maxUploadMib: 1 });
  const { viewer } = await openSession(lan.alice, lan.bob, 'idle', { files: true });
  const files = await new FilesPanel(viewer.page).open();
  await expect(files.panel.getByText('Files up to 1 MiB.')).toBeVisible();
  const sent: string[] = [];
  viewer.page.on('request', (request) => request.method() === 'PUT' && sent.push(request.url()));
  await files.choose(makeFile('film.bin', MIB + 1));
  await expect(
    files.panel.getByText('“film.bin” is larger than 1 MiB, the most that the other computer takes.'),
  ).toBeVisible();
  await checkAccess(viewer.page, 'files, one over the limit');
  await viewer.page.screenshot({ path: test.info().outputPath('over-the-limit.png') });
  expect(sent).toEqual([]);
  await files.choose(makeFile('a\u202egnp.txt', randomBytes(10)));
  await expect(viewer.page.getByText('Saved as “agnp.txt”: its own name was too long')).toBeVisible();
  await files.choose(makeFile('whole.bin', MIB));
  await expect(viewer.page.getByText('whole.bin is there now.')).toBeVisible();
  await lan.bob.set({ maxUploadMib: 2048 });
});

test('what the program makes leads to the container at the most, and is shown as text', async () => {
  const { viewer, atVisitor } = await openSession(lan.alice, lan.bob, 'evil', { files: true });
  const files = await new FilesPanel(viewer.page).open();
  await expect(files.entry('<img src=x onerror=alert(1)>')).toBeVisible();
  await expect(files.panel.getByText(/more entries cannot be shown/)).toBeVisible();
  expect(await files.panel.locator('img').count()).toBe(0);
  const { entries, leftOutCount } = await (await lan.alice.core()).call('files.list', { sessionId: atVisitor });
  const names = entries.map(({ name }) => name).toSorted();
  // What earlier tests left is there as well: the folder lasts.
  expect(names.filter((name) => !/bin$|txt$/.test(name))).toEqual(['<img src=x onerror=alert(1)>', 'sub']);
  expect(leftOutCount).toBe(3);
  const gone = (await lan.alice.core()).call('files.remove', { sessionId: atVisitor, name: '../Exchange' as never });
  await expect(gone).rejects.toMatchObject({ code: 'bad-input' });
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const evil = await viewer.page.evaluate(async (path) => {
    const world = globalThis as unknown as {
      fetch(path: string): Promise<{ status: number; text(): Promise<string> }>;
    };
    const answer = await world.fetch(path);
    return { status: answer.status, text: await answer.text() };
  }, `/files/${atVisitor}/evil`);
  expect(evil.text).not.toBe(passwd);
  expect(evil.text).toMatch(/^ebp:x:1000:1000:eBrainPool:/);
});
