import { expect, test } from 'vitest';
import { mountNoteSchema } from '../contract/containers.ts';
import { errorCodeSchema } from '../contract/errors.ts';
import { healthItemSchema } from '../contract/health.ts';
import { messages, nameHealthItem, say, sayHealthItem, sayProblem } from './messages.ts';

test('every error has its sentence', () => {
  for (const code of errorCodeSchema.options) expect(messages.exists(`errors.${code}`), code).toBe(true);
});

test('an item of health that no sentence knows is said by its name, and one that is known by its own', () => {
  const made = { id: 'quantum-link', params: {}, command: null };
  for (const level of healthItemSchema.shape.level.options) {
    expect(sayHealthItem({ ...made, level })).toContain('“quantum-link”');
    expect(sayHealthItem({ ...made, id: 'socat', level, params: { program: 'socat', why: 'x' } })).toMatch(/^socat/);
  }
  expect(nameHealthItem({ ...made, level: 'ok' })).toBe('quantum-link');
  expect(nameHealthItem({ ...made, id: 'socat', level: 'ok' })).toBe('Socket relay');
});

test('a folder that is refused is said in the same sentence by core, health and window, whatever its name', () => {
  for (const reason of mountNoteSchema.shape.reason.options) {
    const sentence = say(`mounts.${reason}`, { place: '/srv/$t(x)/{{path}}' });
    expect(sentence).not.toMatch(/^mounts\./);
    const params = { path: '/srv/a', reason, place: '/srv/$t(x)/{{path}}' };
    expect(sayProblem({ code: 'mount-refused', params })).toBe(`Programs cannot be given /srv/a. ${sentence}`);
    expect(say('health.mounts.warning', params).endsWith(sentence)).toBe(true);
  }
});

test('where the key lies is said in other words for each reason', () => {
  const said = [
    say('health.secrets.ok', { store: 'KWallet' }),
    ...['browser', 'chosen', 'linked'].map((context) => say('health.secrets.ok', { context })),
    say('health.secrets.warning', {}),
    say('health.secrets.warning', { context: 'failed' }),
  ];
  expect(said[0]).toContain('(KWallet)');
  expect(new Set(said).size).toBe(6);
  for (const sentence of said) expect(sentence).not.toMatch(/\{\{|health\./);
});

test('what is wrong with a key names the files, the store and what to do', () => {
  const place = { path: '/p/id_ed25519.sealed', store: 'KWallet' };
  for (const code of ['key-sealed', 'key-store-locked'] as const) {
    const said = sayProblem({ code, params: place });
    expect(said).toContain(place.path);
    expect(said).toContain('sealed with KWallet');
    expect(said).toMatch(/Start the desktop application|Unlock it and start again/);
  }
  const said = sayProblem({ code: 'key-conflict', params: { plain: '/p/a', sealed: '/p/b' } });
  expect(said).toContain('/p/a and /p/b');
});
