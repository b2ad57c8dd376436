import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCommand, parseExec } from './exec.ts';
import { EntryFault } from './fault.ts';
import { unescapeString } from './key-file.ts';

const context = { icon: 'foo-icon', name: 'Föö Näme', path: '/usr/share/applications/foo.desktop', line: 7 };
const parse = (exec: string) => parseExec(exec, context);

describe('Exec', () => {
  it.each<[string, string[]]>([
    ['foo', ['foo']],
    ['  foo   bar\tbaz ', ['foo', 'bar', 'baz']],
    ['"/opt/My App/run" "a b"', ['/opt/My App/run', 'a b']],
    ['foo ""', ['foo', '']],
    ['foo "say \\"hi\\" \\`x\\` \\$HOME \\\\"', ['foo', 'say "hi" `x` $HOME \\']],
    ['foo "a\\nb"', ['foo', 'a\\nb']],
    ["foo 'a b \\x'", ['foo', 'a b \\x']],
    ['foo --x="a b"c', ['foo', '--x=a bc']],
    ['foo a\\ b', ['foo', 'a b']],
  ])('splits %j', (exec, argv) => expect(parse(exec)).toEqual(argv));

  it.each<[string, string[]]>([
    ['foo %f', ['foo']],
    ['foo %F %u %U -x', ['foo', '-x']],
    ['foo "%U"', ['foo']],
    ['foo %d %D %n %N %v %m', ['foo']],
    ['foo --open=%u', ['foo', '--open=']],
    ['foo %i', ['foo', '--icon', 'foo-icon']],
    ['foo -t %c', ['foo', '-t', 'Föö Näme']],
    ['foo %k', ['foo', '/usr/share/applications/foo.desktop']],
    ['foo 100%% %%f', ['foo', '100%', '%f']],
    ['foo %%%f', ['foo', '%']],
  ])('expands the field codes of %j', (exec, argv) => expect(parse(exec)).toEqual(argv));

  it('gives nothing for %i without an icon', () => {
    expect(parseExec('foo %i x', { ...context, icon: null })).toEqual(['foo', 'x']);
  });

  it('expands nothing twice', () => {
    expect(parseExec('foo %c', { ...context, name: '%k "$(x)" `y` %f' })).toEqual(['foo', '%k "$(x)" `y` %f']);
  });

  it('undoes the escapes of strings before those of quotes (section 6)', () => {
    expect(parse(unescapeString('foo "\\\\$ \\\\\\\\"'))).toEqual(['foo', '$ \\']);
  });

  it.each([
    'foo %x',
    'foo %',
    'foo "%Y"',
    'foo "open',
    "foo 'open",
    'foo \\',
    '',
    '   ',
    '%f',
    '""',
    'A=b foo',
    'foo \0',
    `foo ${'x '.repeat(300)}`,
    `foo ${'x'.repeat(40_000)}`,
    `foo ${'%c'.repeat(10_000)}`,
  ])('refuses %j', (exec) => {
    expect(() => parse(exec)).toThrow(expect.objectContaining({ reason: 'bad-exec', line: 7 }));
  });

  it('leaves what a shell would act on as it is', () => {
    expect(parse('foo ; rm -rf ~ && $(id) | x > /etc/y < z & * ? #c `id` $HOME (a)')).toEqual(
      'foo ; rm -rf ~ && $(id) | x > /etc/y < z & * ? #c `id` $HOME (a)'.split(' '),
    );
  });

  it('reads back any arguments that were quoted by the specification', () => {
    const argument = fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\0', ''));
    const quote = (text: string) => `"${text.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`;
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 20 }), (args) => {
        expect(parse(['foo', ...args.map(quote)].join(' '))).toEqual(['foo', ...args]);
      }),
    );
  });

  it('never throws anything but a fault, and is bounded', () => {
    const part = fc.constantFrom('"', "'", '\\', '%', '%c', '%k', '%i', ' ', '$', '`', 'a', '\n', ';');
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 200 }), (parts) => {
        try {
          const argv = parse(parts.join(''));
          expect(argv.length).toBeLessThanOrEqual(256);
          expect(argv.join('').length).toBeLessThanOrEqual(40_000);
        } catch (error) {
          if (!(error instanceof EntryFault)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('shows a command so that arguments can be told apart', () => {
    expect(formatCommand(['/usr/bin/foo', '-x', 'a b', '', 'é'])).toBe('/usr/bin/foo -x "a b" "" "é"');
  });
});
