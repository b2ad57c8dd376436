// The health item `secrets`: where the key of this computer lies.
import { assertNever } from '../../contract/errors.ts';
import type { HealthItem } from '../../contract/health.ts';
import type { KeyPlace } from './identity.ts';

/** A warning only where a person can do something about it. */
export function describeKeyPlace(place: KeyPlace): HealthItem {
  const item = { id: 'secrets', command: null };
  if (place.kind === 'store') return { ...item, level: 'ok', params: { store: place.store } };
  switch (place.why) {
    case 'no-store':
      return { ...item, level: 'ok', params: { context: 'browser' } };
    case 'chosen':
    case 'linked':
      return { ...item, level: 'ok', params: { context: place.why } };
    case 'no-system-store':
      return { ...item, level: 'warning', params: {} };
    case 'failed':
      return { ...item, level: 'warning', params: { context: 'failed' } };
    default:
      return assertNever(place.why);
  }
}
