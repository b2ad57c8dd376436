import { expect, it } from 'vitest';
import { readArguments } from './arguments.ts';

it.each([
  [['ebrainpool'], null, false],
  [['electron', '.', '--profile', '/a b', '--hidden'], '/a b', true],
  [['ebrainpool', '--no-sandbox', '--profile=/c', '--enable-logging'], '/c', false],
  [['ebrainpool', '--profile'], null, false],
  [['ebrainpool', '--profile='], null, false],
])('%j', (argv, profileDir, isHidden) => {
  expect(readArguments(argv)).toEqual({ profileDir, isHidden });
});
