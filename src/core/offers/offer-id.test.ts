import fc from 'fast-check';
import { expect, test } from 'vitest';
import { offerIdSchema } from '../../contract/ids.ts';
import { toOfferId } from './offer-id.ts';

test('a plain name is its own id', () => {
  expect(toOfferId('app', 'org.gnome.Calculator')).toBe('app:org.gnome.Calculator');
  expect(toOfferId('app', 'wine-Programs-Notepad++')).toBe('app:wine-Programs-Notepad++');
});

test('any other name has one that can be read, the same each time and for no other file', () => {
  expect(toOfferId('app', 'Half-Life 2')).toMatch(/^app:Half-Life-2@[0-9a-f]{12}$/);
  expect(toOfferId('app', 'Größe')).toMatch(/^app:Gro-e@[0-9a-f]{12}$/);
  expect(toOfferId('app', '_hidden')).toMatch(/^app:hidden@[0-9a-f]{12}$/);
  expect(toOfferId('app', '日本語')).toMatch(/^app:entry@[0-9a-f]{12}$/);
  expect(toOfferId('app', 'x'.repeat(255))).toMatch(/^app:x{60}@[0-9a-f]{12}$/);
  expect(toOfferId('app', 'Half-Life 2')).toBe(toOfferId('app', 'Half-Life 2'));
  expect(toOfferId('app', 'Half-Life 2')).not.toBe(toOfferId('app', 'Half-Life  2'));
});

test('whatever a file is called, its id is one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      (name) => void offerIdSchema.parse(toOfferId('app', name)),
    ),
  );
});
