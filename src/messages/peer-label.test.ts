import { expect, test } from 'vitest';
import { partyOf, peerLabel } from './peer-label.ts';

test.each([
  { isVerified: true, warning: null, label: 'Alice', marked: 'Alice' },
  { isVerified: false, warning: null, label: 'Alice (not verified)', marked: 'Alice' },
  {
    isVerified: true,
    warning: 'name-of-another',
    label: 'Alice (not the one that you know)',
    marked: 'Alice (not the one that you know)',
  },
  {
    isVerified: false,
    warning: 'address-of-another',
    label: 'Alice (not verified, not the one that you know)',
    marked: 'Alice (not the one that you know)',
  },
] as const)('verified: $isVerified, warning: $warning is said as “$label”', ({ label, marked, ...peer }) => {
  expect(peerLabel({ peerName: 'Alice', ...peer })).toBe(label);
  expect(peerLabel({ peerName: 'Alice', ...peer }, { isMarked: true })).toBe(marked);
});

test('what knows a peer by its id has its name and face of now, and whoever is not there is not verified', () => {
  const peers = [{ id: 'b', name: 'Bob', isVerified: true, warning: 'name-of-another' }] as const;
  const rule = { peerId: 'b', peerName: 'Bob’s old name' };
  expect(peerLabel(partyOf(peers, rule))).toBe('Bob (not the one that you know)');
  expect(peerLabel(partyOf([], rule))).toBe('Bob’s old name (not verified)');
});
