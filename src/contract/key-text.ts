// A peer's key as text, for a QR code or a message: what two people need to verify a key without comparing a code.
import { type PeerId, peerIdSchema } from './ids.ts';

const PREFIX = 'ebrainpool:';

/** `ebrainpool:SHA256:…`. Names are left out: they prove nothing, and a code that is smaller is easier to scan. */
export function formatKeyText(peerId: PeerId): string {
  return `${PREFIX}${peerId}`;
}

/** The key in a scanned or pasted text, with or without the prefix; null for anything else. */
export function parseKeyText(text: string): PeerId | null {
  const trimmed = text.trim();
  const parsed = peerIdSchema.safeParse(trimmed.startsWith(PREFIX) ? trimmed.slice(PREFIX.length) : trimmed);
  return parsed.success ? parsed.data : null;
}
