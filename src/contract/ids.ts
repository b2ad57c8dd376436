// The ids of the contract, branded so that one kind is not taken for another.
import { z } from 'zod';

/** OpenSSH fingerprint of the peer's Ed25519 key (RFC 4716 key hashed with SHA-256, base64 without padding). */
export const peerIdSchema = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/)
  .brand('PeerId');
export type PeerId = z.infer<typeof peerIdSchema>;

/** `<kind>:<id>`; for an app the id is its desktop file id without `.desktop`. */
export const offerIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}:[A-Za-z0-9][A-Za-z0-9._+@-]{0,200}$/)
  .brand('OfferId');
export type OfferId = z.infer<typeof offerIdSchema>;

export const requestIdSchema = z.uuid().brand('RequestId');
export type RequestId = z.infer<typeof requestIdSchema>;
export const sessionIdSchema = z.uuid().brand('SessionId');
export type SessionId = z.infer<typeof sessionIdSchema>;
export const ruleIdSchema = z.uuid().brand('RuleId');
export type RuleId = z.infer<typeof ruleIdSchema>;

/** SHA-256 of an icon's bytes, in hex. */
export const iconHashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand('IconHash');
export type IconHash = z.infer<typeof iconHashSchema>;
