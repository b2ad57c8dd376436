// What is printed: colours, columns, sizes.
import { describe, expect, test } from 'vitest';
import { createOutput, formatBytes } from './output.ts';

describe('what is printed', () => {
  test('has colours only where they are wanted, and room for wide characters', () => {
    let out = '';
    const writeOut = (text: string) => {
      out += text;
    };
    const output = createOutput({ isJson: false, hasColours: true, writeOut, writeError: () => {} });
    expect(output.paint('red', 'x')).toBe('\u001b[31mx\u001b[0m');
    createOutput({ isJson: false, hasColours: false, writeOut, writeError: () => {} }).table(
      ['A', 'B'],
      [
        ['日本', '1'],
        ['abcd', '2'],
        ['é🦊', '3'],
      ],
      '',
    );
    expect(out).toBe('A     B\n日本  1\nabcd  2\né🦊   3\n');
  });

  test('has sizes that are read easily', () => {
    expect([0, 1, 999, 1000, 1_500_000, 2e13].map(formatBytes)).toEqual([
      ...['0 bytes', '1 byte', '999 bytes'],
      ...['1 kB', '1.5 MB', '20 TB'],
    ]);
  });
});
