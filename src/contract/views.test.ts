// A view gets what its row names, and nothing else: a name without a row gets nothing at all.
import { expect, test } from 'vitest';
import { canHoldTo, hasPower, noPowers, withPower, withView } from './powers.ts';
import { channelNames, hasChannel, powerNames, rowOf, type View, viewNames, viewSchema } from './views.ts';

const everything = powerNames.reduce((powers, name) => withPower(powers, name, true), noPowers);

test.each(['hologram', 'toString', '__proto__', 'constructor', ''])(
  '%j is no view: it opens nothing and is given nothing',
  (name) => {
    const view = name as View;
    expect(channelNames.filter((channel) => hasChannel(view, channel))).toEqual([]);
    expect(rowOf(view).opensAs).toBe('nothing');
    expect(rowOf(view).canResume).toBe(false);
    expect(withView(everything, view)).toEqual(noPowers);
    expect(canHoldTo(view, noPowers, everything)).toBe(false);
    expect(viewSchema.safeParse(name).success).toBe(false);
  },
);

test.each(viewNames)('%s: each power is held, or said to be always there, or never given', (view) => {
  for (const name of powerNames) {
    const hold = rowOf(view).powers[name];
    for (const isAsked of [true, false]) {
      const given = hasPower(withView(withPower(noPowers, name, isAsked), view), name);
      expect(given, name).toBe(hold === 'always' || (hold === 'held' && isAsked));
    }
  }
});

test('only the viewer has the display of the sandbox, and only the others reach its sshd', () => {
  const viewsWith = (channel: (typeof channelNames)[number]) => viewNames.filter((view) => hasChannel(view, channel));
  expect(viewsWith('display')).toEqual(['viewer']);
  expect(viewsWith('ssh')).toEqual(['native']);
  expect(viewsWith('ssh-port')).toEqual(['ssh-command']);
});

test('the name of version 0.1 is understood', () => {
  expect(viewSchema.parse('classic')).toBe('ssh-command');
});
