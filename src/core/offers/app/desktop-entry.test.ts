import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDesktopEntry } from './desktop-entry.ts';
import { EntryFault } from './fault.ts';
import { localeSuffixes, parseKeyFile, splitList, unescapeString } from './key-file.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, locale?: string) => parseDesktopEntry(bytesOf(text), localeSuffixes(locale));
const minimal = '[Desktop Entry]\nType=Application\nName=Foo\nExec=foo\n';

function faultOf(bytes: Uint8Array | string): Pick<EntryFault, 'reason' | 'detail' | 'line'> | null {
  try {
    parseDesktopEntry(typeof bytes === 'string' ? bytesOf(bytes) : bytes, []);
    return null;
  } catch (error) {
    if (!(error instanceof EntryFault)) throw error;
    return { reason: error.reason, detail: error.detail, line: error.line };
  }
}

describe('desktop entry', () => {
  it('reads the example of the specification (appendix B)', () => {
    const entry = parse(
      `[Desktop Entry]
Version=1.0
Type=Application
Name=Foo Viewer
Comment=The best viewer for Foo objects available!
TryExec=fooview
Exec=fooview %F
Icon=fooview
MimeType=image/x-foo;
Actions=Gallery;Create;

[Desktop Action Gallery]
Exec=fooview --gallery
Name=Browse Gallery
`,
    );
    expect(entry).toMatchObject({
      type: 'Application',
      name: 'Foo Viewer',
      comment: 'The best viewer for Foo objects available!',
      tryExec: 'fooview',
      exec: { value: 'fooview %F', line: 7 },
      icon: 'fooview',
      isTerminal: false,
      onlyShowIn: null,
    });
  });

  it('ignores comments, blank lines, spaces around the equals sign, CR LF and a byte order mark', () => {
    const entry = parse(
      '\ufeff# first\r\n\r\n  \r\n[Desktop Entry]\r\nType = Application\r\n#Name=No\r\nName \t=\t Foo \r\nExec=foo a=b\r\n',
    );
    expect(entry).toMatchObject({ type: 'Application', name: 'Foo', exec: { value: 'foo a=b', line: 8 } });
  });

  it('unescapes strings and lists', () => {
    expect(unescapeString('a\\sb\\nc\\td\\re\\\\f')).toBe('a b\nc\td\re\\f');
    expect(unescapeString('\\\\n')).toBe('\\n');
    expect(unescapeString('end\\')).toBe('end');
    expect(splitList('a;b\\;c;d')).toEqual(['a', 'b;c', 'd']);
    expect(splitList('a\\\\;b;')).toEqual(['a\\', 'b']);
    expect(splitList(';;')).toEqual([]);
    expect(parse(`${minimal}Keywords=x\\;y;z\\sz;`).keywords).toEqual(['x;y', 'z z']);
  });

  it.each([
    ['sr_YU@Latn', 'Latn_country'],
    ['sr_YU.UTF-8@Latn', 'Latn_country'],
    ['sr_YU@Cyrl', 'country'],
    ['sr_YU', 'country'],
    ['sr_XX@Latn', 'modifier'],
    ['sr', 'language'],
    ['sr_XX.ISO-8859-5', 'language'],
    ['de', 'plain'],
    ['C', 'plain'],
    ['C.UTF-8', 'plain'],
    ['POSIX', 'plain'],
    ['../../etc', 'plain'],
    [undefined, 'plain'],
  ])('takes for the locale %s the name "%s" (section 5)', (locale, name) => {
    const names =
      'Name[sr_YU@Latn]=Latn_country\nName[sr_YU.UTF-8]=country\nName[sr@Latn]=modifier\nName[sr]=language\n';
    expect(parse(`[Desktop Entry]\n${names}Name=plain\nType=Application\nExec=foo\n`, locale).name).toBe(name);
  });

  it('takes the last of two equal keys, as GLib does', () => {
    expect(parse(`${minimal}Name=Bar\n`).name).toBe('Bar');
  });

  it('does not confuse keys of other groups with its own', () => {
    expect(parse(`${minimal}[Desktop Action x]\nNoDisplay=true\nName=Other\n`)).toMatchObject({
      name: 'Foo',
      isNoDisplay: false,
    });
  });

  it('needs nothing more of an entry that only hides another', () => {
    expect(parse('[Desktop Entry]\nHidden=true\n').isHidden).toBe(true);
    expect(parse('[Desktop Entry]\nNoDisplay=1\n').isNoDisplay).toBe(true);
  });

  it.each([
    ['', { reason: 'no-group', line: 1 }],
    ['Name=Foo\n', { reason: 'line-syntax', line: 1 }],
    ['[Other]\nA=b\n[Desktop Entry]\nType=Application\n', { reason: 'no-group', line: 3 }],
    [`${minimal}what is this\n`, { reason: 'line-syntax', line: 5, detail: 'what is this' }],
    [`${minimal}=value\n`, { reason: 'line-syntax', line: 5 }],
    [`${minimal}Name[de=x\n`, { reason: 'line-syntax', line: 5 }],
    [`${minimal}[Broken\n`, { reason: 'line-syntax', line: 5 }],
    [`${minimal}[Broken] x\n`, { reason: 'line-syntax', line: 5 }],
    [`${minimal}[]\n`, { reason: 'line-syntax', line: 5 }],
    [`${minimal}Name[de DE]=x\n`, { reason: 'line-syntax', line: 5 }],
    [`${minimal}\n\0\n`, { reason: 'not-text', line: 6 }],
    ['[Desktop Entry]\nName=x\nExec=x\n', { reason: 'missing-key', detail: 'Type', line: 1 }],
    ['[Desktop Entry]\nType=Application\nExec=x\n', { reason: 'missing-key', detail: 'Name', line: 1 }],
    ['[Desktop Entry]\nType=Application\nExec=x\nName=\n', { reason: 'missing-key', detail: 'Name', line: 4 }],
    ['[Desktop Entry]\nType=Application\nName=x\n', { reason: 'missing-key', detail: 'Exec', line: 1 }],
    ['[Desktop Entry]\nType=Application\nName=x\nDBusActivatable=true\n', { reason: 'dbus-only', line: 1 }],
  ])('says what is wrong, and where: %j', (text, fault) => {
    expect(faultOf(text)).toMatchObject(fault);
  });

  it('refuses what is no text, and what is too long', () => {
    const name = Buffer.concat([
      bytesOf('[Desktop Entry]\nType=Application\nExec=foo\nName='),
      Buffer.from([0xff, 0xfe]),
    ]);
    expect(faultOf(name)).toMatchObject({ reason: 'not-text', detail: 'Name', line: 4 });
    expect(faultOf(Buffer.concat([bytesOf(minimal), Buffer.from([0xff, 0xfe])]))?.reason).toBe('line-syntax');
    expect(faultOf(Buffer.alloc(10 * 1024 * 1024, 'a'))?.reason).toBe('too-large');
    expect(faultOf(minimal + '\n'.repeat(20_001))).toMatchObject({ reason: 'too-many-lines', line: 20_000 });
    expect(faultOf(minimal + 'x'.repeat(100_000))?.detail.length).toBeLessThanOrEqual(200);
  });

  it('keeps keys that are named as an object is built', () => {
    const values = parseKeyFile(bytesOf('[__proto__]\n__proto__=1\nconstructor=2\n')).groups.get('__proto__')?.values;
    expect([...(values?.keys() ?? [])]).toEqual(['__proto__', 'constructor']);
  });

  it('never throws anything but a fault, and is quick, whatever it reads', () => {
    const word = fc.constantFrom(
      ...['[Desktop Entry]', 'Name', 'Name[de]', '[', ']', '=', ';', '\\', '\n', '\r', ' ', '%', '"', '\0', 'é', '#'],
      ...['Type=Application\n', 'Exec=', 'Hidden=', 'true'],
    );
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (input) => void faultOf(input)),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (input) => void faultOf(input)));
    const startedAt = performance.now();
    for (const char of [' ', '\t', '[', ']', '=', ';', '\\', '#', 'a', '\r', 'Name[']) {
      faultOf(minimal + char.repeat(200_000 / char.length));
      faultOf(`${minimal}a${char.repeat(200_000 / char.length)}b`);
      faultOf(`${minimal}[a]${char.repeat(200_000 / char.length)}b`);
      faultOf(`${minimal}Keywords=${char.repeat(200_000 / char.length)}`);
    }
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  it('reads back any list that was written with escapes', () => {
    const item = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.replace(/[\r\n\t]/g, '') || 'x');
    const write = (text: string) => text.replace(/\\/g, '\\\\').replace(/;/g, '\\;').replace(/ /g, '\\s');
    fc.assert(
      fc.property(fc.array(item), (items) => {
        expect(splitList(items.map(write).join(';'))).toEqual(items);
      }),
    );
  });
});
