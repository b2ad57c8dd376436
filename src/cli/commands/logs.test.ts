// `ebp logs`.
import { describe, expect, test } from 'vitest';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';
import { formatLine, linesAfter } from './logs.ts';

useCore();

describe('ebp logs', () => {
  test('logs', async () => {
    core.answers['logs.read'] = () => ({ lines: ['one', 'two\u001b[2J'] });
    expect((await ebp(['logs', '-n', '2'])).out).toBe('one\ntwo [2J\n');
    expect(called('logs.read')).toEqual([{ maxLines: 2 }]);
    const lines = ['one'];
    core.answers['logs.read'] = () => ({ lines: [...lines] });
    const interrupt = new AbortController();
    setTimeout(() => lines.push('two'), 100);
    setTimeout(() => interrupt.abort(), 1200);
    expect((await ebp(['logs', '-f'], interrupt.signal)).out).toBe('one\ntwo\n');
    expect([linesAfter([], ['a']), linesAfter(['a'], ['a']), linesAfter(['x'], ['a'])]).toEqual([['a'], [], ['a']]);
  });

  test('logs are sentences for people, and as they are for programs', async () => {
    const line =
      '{"level":40,"time":"2026-03-04T05:06:07.000Z","peer":"a b","port":7,"err":{"type":"E","message":"m","stack":"s"},"msg":"it\\u001bfell"}';
    core.answers['logs.read'] = () => ({ lines: [line] });
    expect((await ebp(['logs'])).out).toMatch(/^2026-03-0\d \d\d:\d\d:07 warning it fell peer="a b" port=7 err=m\n$/);
    expect(JSON.parse((await ebp(['logs', '--json'])).out)).toEqual([line]);
    const plain = { paint: (_style: string, text: string) => text };
    expect(formatLine('{"level":99,"time":"x"}', plain)).toBe('x 99');
    expect(formatLine('{"level":{"toString":1},"msg":{"toString":1},"time":[]}', plain)).toBe(
      '[] {"toString":1} {"toString":1}',
    );
    expect(formatLine(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, plain)).toContain('a=…');
    for (const other of ['null', '[1]', '5', '{']) expect(formatLine(other, plain)).toBe(other);
  });
});
