import { expect, test } from 'vitest';
import { peerLabel } from './peer-label.ts';

test.each([
  { isVerified: true, warning: null, label: 'Alice' },
  { isVerified: false, warning: null, label: 'Alice (not verified)' },
  { isVerified: true, warning: 'name-of-another', label: 'Alice (not the one that you know)' },
  { isVerified: false, warning: 'address-of-another', label: 'Alice (not verified, not the one that you know)' },
] as const)('verified: $isVerified, warning: $warning is said as “$label”', ({ label, ...peer }) => {
  expect(peerLabel({ peerName: 'Alice', ...peer })).toBe(label);
});
