// What lies on the disk and was written by others: desktop entries, themes, icons.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownOfferSchema } from '../../src/contract/offers.ts';
import { createAppKind } from '../../src/core/offers/app/app-kind.ts';
import { appDefinitionSchema, defineApp } from '../../src/core/offers/app/definition.ts';
import { parseDesktopEntry } from '../../src/core/offers/app/desktop-entry.ts';
import { readNeededLibraries } from '../../src/core/offers/app/elf.ts';
import { formatCommand, parseExec } from '../../src/core/offers/app/exec.ts';
import { EntryFault } from '../../src/core/offers/app/fault.ts';
import {
  findLocalised,
  localeSuffixes,
  parseKeyFile,
  splitList,
  unescapeString,
} from '../../src/core/offers/app/key-file.ts';
import { isForMenu } from '../../src/core/offers/app/xdg.ts';
import { readIconType } from '../../src/core/offers/icons/icon-file.ts';
import { createIconFinder, sizeDistance } from '../../src/core/offers/icons/icon-theme.ts';
import { elfOf, pngOf, testSettings } from '../../src/core/offers/offers.test-support.ts';
import { quoteExecArgument } from '../../src/core/settings/autostart.ts';
import { allow, bytesOf, claim, claimEqual, claimShowable, type Fuzzer, temporaryFolder, textOf } from './fuzzer.ts';
import { anyText } from './mutate.ts';

const corpusDir = join(import.meta.dirname, '../../src/core/offers/app/fixtures/corpus');
const suffixes = localeSuffixes('sr_YU.UTF-8@Latn');
const isFault = (error: unknown) => error instanceof EntryFault && error.detail.length <= 200;

const entryWords = [
  ...[
    '[Desktop Entry]\n',
    '\n[Desktop Action x]\n',
    'Type=Application\n',
    'Name=',
    'Name[sr_YU@Latn]=',
    'Name[de]=',
    'Exec=',
  ],
  ...[
    'TryExec=',
    'Icon=',
    'Hidden=true\n',
    'NoDisplay=true\n',
    'Terminal=1\n',
    'OnlyShowIn=GNOME;',
    'Categories=',
    'Keywords=',
  ],
  ...['DBusActivatable=true\n', '%i', '%c', '%k', '%%', '%f', '\\s', '\\n', '\\;', '\\\\', '""', '\t', ' '],
];

export const desktopEntries: Fuzzer = {
  name: 'desktop-entries',
  maxBytes: 256 * 1024,
  dictionary: entryWords,
  seeds: async () => {
    const files = (await readdir(corpusDir)).filter((file) => file.endsWith('.desktop'));
    return Promise.all(files.map((file) => readFile(join(corpusDir, file))));
  },
  generate: (random) =>
    bytesOf(
      `[Desktop Entry]\nType=Application\nName=x\nExec=${anyText(random, ['%i', '"', 'a b'])}\n${anyText(random, entryWords)}`,
    ),
  start: () => ({
    run: (input) => {
      const entry = allow(isFault, () => parseDesktopEntry(input, suffixes));
      if (entry === undefined) return;
      isForMenu(entry, { env: { XDG_CURRENT_DESKTOP: 'GNOME:KDE' } });
      const { exec } = entry;
      if (exec === null) return;
      const context = {
        icon: entry.icon,
        name: entry.name,
        path: '/usr/share/applications/x.desktop',
        line: exec.line,
      };
      const argv = allow(isFault, () => parseExec(exec.value, context));
      if (argv === undefined) return;
      claim(argv[0] !== '' && argv.length <= 300, 'a command has a program and few arguments');
      for (const argument of argv) claim(!argument.includes('\0'), 'no argument has NUL');
      const app = {
        ...{ id: 'app:x', entry, argv, source: '/usr/share/applications/x.desktop', digest: '0'.repeat(64) },
        ...{ obstacle: null, workingDirectory: null, isWaylandOnly: false },
      };
      const defined = allow(isFault, () => defineApp(app as never, null));
      if (defined === undefined) return;
      const { id, source, command } = appDefinitionSchema.parse(defined);
      const offer = createAppKind({ env: {} }).toOffer(defined, testSettings);
      ownOfferSchema.parse({ ...offer, id, kind: 'app', source, isShared: false, audience: null });
      const { name, summary, keywords } = offer;
      for (const text of [name, summary, command, ...keywords]) claimShowable(text, 'an offer');
    },
  }),
};

export const execLines: Fuzzer = {
  name: 'exec-lines',
  maxBytes: 64 * 1024,
  dictionary: ['"', "'", '\\', '%c', '%i', '%k', '%%', '$', '`', '\n', ';', '='],
  seeds: () => ['foo\0bar baz\0%i', '/opt/My App/run\0--profile\0/home/b"o$b/`x`', 'sh\0-c\0a; b | c'].map(bytesOf),
  generate: (random) => bytesOf(random.some(6, () => anyText(random, ['"', '\\', '%', '%c', '$x'])).join('\0')),
  start: () => ({
    run: (input) => {
      const text = textOf(input);
      const context = { icon: 'icon', name: 'a "b" %c', path: '/x', line: 1 };
      allow(isFault, () => parseExec(text, context));
      // A line that our own writer quotes means these arguments and no others.
      const argv = text
        .split('\0')
        .filter((argument, index) => index > 0 || (argument !== '' && !argument.includes('=')));
      if (argv.length === 0 || argv.length > 200 || text.length > 10_000 || argv[0] === '' || argv[0]?.includes('='))
        return;
      const entry = `[Desktop Entry]\nType=Application\nName=x\nExec=${argv.map(quoteExecArgument).join(' ')}\n`;
      const exec = parseDesktopEntry(bytesOf(entry), []).exec?.value ?? '';
      claimEqual(parseExec(exec, context), argv, 'what was quoted');
      claim(!formatCommand(argv).includes('\n'), 'a command is shown on one line');
    },
  }),
};

const indexWords = [
  ...[
    '[Icon Theme]\n',
    'Directories=',
    'ScaledDirectories=',
    'Inherits=',
    '64x64/apps',
    '../..',
    '/etc',
    'Size=',
    'Scale=',
  ],
  ...[
    'Type=Scalable\n',
    'Type=Fixed\n',
    'MinSize=',
    'MaxSize=',
    'Threshold=',
    '[64x64/apps]\n',
    ',',
    'hicolor',
    'mine',
  ],
];

export const iconThemes: Fuzzer = {
  name: 'icon-themes',
  maxBytes: 256 * 1024,
  dictionary: indexWords,
  allowanceMs: 300,
  seeds: () => [
    bytesOf(
      '[Icon Theme]\nName=x\nDirectories=64x64/apps,scalable/apps\nInherits=mine,hicolor\n[64x64/apps]\nSize=64\nType=Fixed\n' +
        '[scalable/apps]\nSize=48\nMinSize=1\nMaxSize=512\nType=Scalable\n',
    ),
    bytesOf('[Icon Theme]\nDirectories=../../outside,/etc,64x64/apps\n[../../outside]\nSize=64\n[/etc]\nSize=64\n'),
  ],
  generate: (random) =>
    bytesOf(`[Icon Theme]\nDirectories=${anyText(random, indexWords)}\n${anyText(random, indexWords)}`),
  start: async () => {
    const folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    for (const [name, file] of [
      ['data/icons/hicolor/64x64/apps', 'icon.png'],
      ['data/icons/hicolor/scalable/apps', 'icon.svg'],
      ['data/outside', 'icon.png'],
      ['outside', 'icon.png'],
    ] as const) {
      await mkdir(join(folder.path, name), { recursive: true });
      await writeFile(join(folder.path, name, file), 'x');
    }
    const environment = { env: { HOME: folder.path, XDG_CONFIG_HOME: join(folder.path, 'config') } };
    return {
      run: async (input) => {
        allow(isFault, () => checkKeyFile(input));
        await writeFile(join(data, 'icons/hicolor/index.theme'), input);
        const files = await createIconFinder(environment, [data]).find('icon');
        for (const file of files)
          claim(file.startsWith(join(data, 'icons/')), 'an icon lies below the folders of icons');
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};

export const elfPrograms: Fuzzer = {
  name: 'elf-programs',
  maxBytes: 16 * 1024,
  seeds: () => [elfOf(['libwayland-client.so.0', 'libc.so.6']), elfOf([]), bytesOf('#!/bin/sh\n')],
  start: async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, 'program');
    return {
      run: async (input) => {
        await writeFile(path, input);
        const names = (await readNeededLibraries(path)) ?? [];
        claim(names.length <= 512, 'libraries are few');
        for (const name of names) {
          claim(name !== '' && name.length < 256, 'a name is short');
          claim(Buffer.from(input).includes(Buffer.from(name, 'latin1')), 'a name stands in the file');
        }
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};

/** Written again, a key file reads the same; what is taken out of it is bounded by it. */
function checkKeyFile(input: Uint8Array): void {
  const { groups } = parseKeyFile(input);
  let written = '';
  let letters = 0;
  for (const [name, group] of groups) {
    written += `[${name}]\n`;
    for (const [key, { raw }] of group.values) {
      written += `${key}=${raw}\n`;
      letters += raw.length;
      claim(unescapeString(raw).length <= raw.length, 'unescaping makes nothing longer');
      claim(splitList(raw).join('').length <= raw.length, 'a list is no longer than its text');
    }
    findLocalised(group, 'Name', suffixes);
    const distance = sizeDistance(group);
    claim(distance >= 0, 'a distance is a number');
  }
  claim(letters <= input.length, 'values are no longer than the file');
  const plain = (bytes: Uint8Array) =>
    [...parseKeyFile(bytes).groups].map(([name, { values }]) => [
      name,
      [...values].map(([key, { raw }]) => [key, raw]),
    ]);
  claimEqual(plain(bytesOf(written)), plain(input), 'a key file, written and read again');
}

const svgText =
  '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
  'width="8"><defs><linearGradient id="a"/></defs><a xlink:href="#a"><path fill="url(#a)" d="M0 0"/></a></svg>';

/** What a browser makes of references to characters, as far as ASCII goes. */
function decodeReferences(text: string): string {
  return text.replace(/&#(?:x([0-9a-f]{1,8})|(\d{1,8}));?/gi, (whole, hex: string | undefined, decimal: string) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code < 0x80 ? String.fromCharCode(code) : whole;
  });
}

/** Also linear for comments that never end: what judges must not be slower than what it judges. */
function withoutComments(svg: string): string {
  const kept: string[] = [];
  for (let at = 0; at < svg.length; ) {
    const begin = svg.slice(at).search(/<!--|<!\[CDATA\[/);
    const isComment = begin >= 0 && svg.startsWith('<!--', at + begin);
    const end = begin < 0 ? -1 : svg.indexOf(isComment ? '-->' : ']]>', at + begin + 4);
    if (end < 0) return [...kept, svg.slice(at)].join('');
    kept.push(svg.slice(at, at + begin));
    at = end + 3;
  }
  return kept.join('');
}

/** Reads tags as an XML parser does: names, and attributes with their values decoded. */
function findActiveContent(svg: string): string | null {
  for (const [, name = '', attributes = ''] of withoutComments(svg).matchAll(
    /<([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>/g,
  )) {
    const local = name.replace(/^.*:/, '').toLowerCase();
    if (['script', 'foreignobject', 'iframe', 'object', 'embed', 'handler'].includes(local)) return `<${name}>`;
    for (const [, key = '', , double, single] of attributes.matchAll(/([\w:.-]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)')/g)) {
      if (/^on[a-z]/i.test(key)) return key;
      const value = decodeReferences(double ?? single ?? '').replace(/[\t\n\r]/g, '');
      if (/^(?:.*:)?(?:href|src|to|from|values|begin)$/i.test(key) && /javascript:/i.test(value))
        return `${key}=${value}`;
    }
  }
  return null;
}

export const iconFiles: Fuzzer = {
  name: 'icon-files',
  maxBytes: 600 * 1024,
  dictionary: [
    ...[
      '<svg ',
      '</svg>',
      '<script>',
      '<x:script xmlns:x="http://www.w3.org/2000/svg">',
      ' onload="x"',
      "\nonclick='x'",
      '<a href="javascript:x">',
    ],
    ...[
      '&#106;avascript:',
      '&#x6a;',
      'java&#10;script:',
      '<!DOCTYPE svg [<!ENTITY a "b">]>',
      ' encoding="utf-7"',
      '<![CDATA[',
      '<!--',
      '-->',
    ],
    ...['<foreignObject>', '<set attributeName="href" to="javascript:x"/>', '<?xml ', '?>', 'encoding='],
  ],
  seeds: () => [
    pngOf(64),
    pngOf(1, 1),
    bytesOf(svgText),
    bytesOf('<svg></svg>'),
    bytesOf(svgText.replace('"#a"', '"java&#115;cript:x"')),
  ],
  generate: (random) =>
    bytesOf(svgText.replace('"#a"', `"${anyText(random, ['javascript:', '&#106;', 'java', '&Tab;', 'script:'])}"`)),
  start: () => ({
    run: (input) => {
      const type = readIconType(input);
      if (type === null) return;
      claim(input.length > 0 && input.length <= 512 * 1024, 'an icon has its limits');
      if (type === 'image/png') {
        const header = Buffer.from(input).subarray(16, 24);
        claim(header.readUInt32BE(0) <= 1024 && header.readUInt32BE(4) <= 1024, 'a picture has its limits');
        return;
      }
      const found = findActiveContent(textOf(input));
      claim(found === null, `a picture has nothing active: ${found}`);
    },
  }),
};
