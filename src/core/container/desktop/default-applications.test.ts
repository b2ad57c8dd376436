import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestSandboxes } from '../sandboxes.test-support.ts';
import { createDefaultApplications, defaultApplications, systemDefaultsSource } from './default-applications.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-defaults-'));
  await mkdir(join(folder, 'share', 'applications'), { recursive: true });
  await mkdir(join(folder, 'xdg'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Desktop entries as Debian has them: what they can open, their categories, and other lines. */
const INSTALLED: Readonly<Record<string, readonly [types: string, categories: string, ...rest: string[]]>> = {
  'abiword.desktop': [
    'text/plain;text/html;application/vnd.oasis.opendocument.text',
    'Office;WordProcessor;GNOME;GTK;',
  ],
  'chromium.desktop': ['text/html', 'Network;WebBrowser;', 'Exec=/usr/bin/chromium %U'],
  'emacs-term.desktop': ['text/plain', 'Development;TextEditor;', 'Terminal=true'],
  'firefox-esr.desktop': ['text/html;image/png', 'Network;WebBrowser;', 'Exec=/usr/lib/firefox-esr/firefox-esr %u'],
  'geany.desktop': ['text/plain;text/html', 'GTK;Development;IDE;TextEditor;'],
  'gimp.desktop': ['application/pdf;image/png', 'Graphics;2DGraphics;RasterGraphics;GTK;'],
  'gone.desktop': ['text/plain', 'TextEditor;', 'Hidden=true', 'InitialPreference=20'],
  'libreoffice-writer.desktop': [
    'application/vnd.oasis.opendocument.text',
    'Office;WordProcessor;',
    'InitialPreference=5',
  ],
  'okular.desktop': ['application/pdf', 'Qt;KDE;Graphics;Viewer;', 'NoDisplay=true'],
  'org.gnome.Evince.desktop': ['application/pdf', 'GNOME;GTK;Office;Viewer;Graphics;'],
  'org.gnome.eog.desktop': ['image/png', 'GNOME;GTK;Graphics;2DGraphics;RasterGraphics;Viewer;'],
  'org.xfce.mousepad.desktop': ['text/plain', 'Utility;TextEditor;GTK;'],
};

async function install(apps: typeof INSTALLED = INSTALLED) {
  const applications = join(folder, 'share', 'applications');
  const cache = new Map<string, string[]>();
  for (const [id, [types, categories, ...rest]] of Object.entries(apps)) {
    await writeFile(
      join(applications, id),
      `[Desktop Entry]\nCategories=${categories}\n${rest.join('\n')}\n\n[Desktop Action x]\nCategories=Viewer;\n`,
    );
    for (const type of types.split(';')) cache.set(type, [...(cache.get(type) ?? []), id]);
  }
  const lines = [...cache].map(([type, ids]) => `${type}=${ids.join(';')};`);
  await writeFile(join(applications, 'mimeinfo.cache'), `[MIME Cache]\n${lines.join('\n')}\n`);
}

const source = (desktops = '') => ({
  dataDirs: [join(folder, 'none'), join(folder, 'share')],
  configDirs: [join(folder, 'xdg')],
  desktops,
  browserLink: join(folder, 'x-www-browser'),
});

async function defaults(desktops = ''): Promise<Record<string, string>> {
  const lines = (await defaultApplications(source(desktops))).split('\n');
  expect(lines[0]).toBe('[Default Applications]');
  return Object.fromEntries(
    lines.slice(1).flatMap((line) => (line === '' ? [] : [line.split('=') as [string, string]])),
  );
}

describe('a document is opened', () => {
  test('by what is made for such documents, and not by the first that can read it', async () => {
    await install();
    expect(await defaults()).toEqual({
      'application/pdf': 'org.gnome.Evince.desktop;',
      'application/vnd.oasis.opendocument.text': 'libreoffice-writer.desktop;',
      'image/png': 'org.gnome.eog.desktop;',
      'text/html': 'firefox-esr.desktop;',
      'text/plain': 'org.xfce.mousepad.desktop;',
    });
  });

  test('by what belongs to the desktop of this computer, where there are several', async () => {
    await install();
    expect((await defaults('KDE'))['application/pdf']).toBe('okular.desktop;');
  });

  test('by what the lists of the system say, those of its desktop first, as far as that is installed', async () => {
    await install();
    const list = (line: string) =>
      `[Added Associations]\napplication/pdf=gimp.desktop;\n[Default Applications]\n${line}\n`;
    await writeFile(
      join(folder, 'share/applications/mimeapps.list'),
      list('text/plain=geany.desktop;\nx/y=gimp.desktop'),
    );
    await writeFile(
      join(folder, 'share/applications/gnome-mimeapps.list'),
      list('text/plain=gedit.desktop;abiword.desktop;'),
    );
    expect(await defaults()).toMatchObject({ 'text/plain': 'geany.desktop;', 'x/y': 'gimp.desktop;' });
    expect((await defaults('ubuntu:GNOME'))['text/plain']).toBe('abiword.desktop;');
    expect((await defaults('../../share/applications/gnome'))['text/plain']).toBe('geany.desktop;');
  });

  test('as the program likes where nothing is made for it, and where nothing is known at all', async () => {
    await install({ 'gimp.desktop': INSTALLED['gimp.desktop'] as never });
    expect(await defaults()).toEqual({});
    await rm(join(folder, 'share'), { recursive: true });
    expect(await defaults()).toEqual({});
  });
});

test('what was installed since is known the next time', async () => {
  const read = createDefaultApplications(source());
  expect(await read()).not.toContain('text/html');
  await install();
  await utimes(join(folder, 'share', 'applications'), 1, 1);
  expect(await read()).toContain('text/html=firefox-esr.desktop;');
});

test('in a container xdg-open knows them, and its visitor’s own choice goes before', async () => {
  const [, browser] = /^text\/html=(.*);$/m.exec(await defaultApplications(systemDefaultsSource())) ?? [];
  expect(browser, 'the tests have a browser installed').toBeDefined();
  await using sandboxes = await openTestSandboxes();
  const query = 'xdg-mime query default text/html';
  const own =
    'mkdir -p ~/.config; printf "[Default Applications]\\ntext/html=debian-xterm.desktop\\n" >~/.config/mimeapps.list';
  expect(await sandboxes.runScript(`${query}; ${own}; ${query}`)).toBe(`${browser}\ndebian-xterm.desktop\n`);
});
