// What a computer says about itself on the network, as TXT records (RFC 6763 §6): claims to be read with care, proof of nothing.
import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { type PeerId, peerIdSchema } from '../../../contract/ids.ts';
import { toShowable } from '../../lib/text.ts';

/** What this computer advertises. */
export interface OwnAdvert {
  readonly peerId: PeerId;
  readonly name: string;
  readonly protocol: number;
  readonly port: number;
  readonly catalogueDigest: string;
}

/** What a peer is heard to advertise, over all interfaces and families. Whoever connects must still prove the key. */
export interface Advert extends OwnAdvert {
  /** The best first. `host` is meant at `port`; `host:port` or `[host]:port` only where a second claim names another port. */
  readonly addresses: readonly string[];
  /** First label of the DNS-SD instance name. */
  readonly instance: string;
  /** Target of the SRV record. */
  readonly host: string;
}

/** The part of an advert that travels in the TXT record. */
export interface TxtClaim {
  readonly peerId: PeerId;
  readonly name: string;
  readonly protocol: number;
  readonly catalogueDigest: string;
}

export type TxtResult =
  | { readonly isOk: true; readonly claim: TxtClaim }
  | { readonly isOk: false; readonly reason: string };

/** RFC 6763 §6.1: one string of a TXT record holds at most 255 bytes. */
const MAX_STRING_BYTES = 255;
/** RFC 6763 §6.2 asks for at most 1300 bytes in all, so that everything fits into one packet. */
const MAX_TXT_BYTES = 1300;
const MAX_TXT_STRINGS = 32;
export const MAX_NAME_LENGTH = 100;

const txtSchema = z.array(z.instanceof(Uint8Array)).max(MAX_TXT_STRINGS);
const claimSchema = z.object({
  v: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/)
    .transform(Number),
  id: peerIdSchema,
  n: z.string().default(''),
  d: z
    .string()
    .regex(/^[\x21-\x7e]{0,128}$/)
    .default(''),
});

/** Cuts text to so many bytes of UTF-8, never inside a character. */
export function cutBytes(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text.toWellFormed(), new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** The strings of the TXT record, each within the 255 bytes of RFC 6763 §6.1. */
export function encodeTxt(own: OwnAdvert): Buffer[] {
  return [
    `v=${own.protocol}`,
    `id=${own.peerId}`,
    cutBytes(`n=${toShowable(own.name, MAX_NAME_LENGTH)}`, MAX_STRING_BYTES),
    cutBytes(`d=${own.catalogueDigest}`, MAX_STRING_BYTES),
  ].map((text) => Buffer.from(text, 'utf8'));
}

/** Reads the strings of a TXT record; unknown keys are ignored, of a repeated key the first counts (RFC 6763 §6.4). */
export function parseTxt(data: unknown): TxtResult {
  const strings = txtSchema.safeParse(data);
  if (!strings.success) return { isOk: false, reason: 'not a list of at most 32 strings' };
  const totalBytes = strings.data.reduce((sum, { length }) => sum + length + 1, 0);
  if (totalBytes > MAX_TXT_BYTES) return { isOk: false, reason: 'longer than 1300 bytes' };
  const pairs = new Map<string, string>();
  for (const bytes of strings.data) {
    if (bytes.length > MAX_STRING_BYTES) return { isOk: false, reason: 'a string longer than 255 bytes' };
    const text = new TextDecoder().decode(bytes);
    const equalsAt = text.indexOf('=');
    if (equalsAt <= 0) continue;
    const key = text.slice(0, equalsAt).toLowerCase();
    if (!pairs.has(key)) pairs.set(key, text.slice(equalsAt + 1));
  }
  const claim = claimSchema.safeParse(Object.fromEntries(pairs));
  if (!claim.success) {
    const issue = claim.error.issues[0];
    return { isOk: false, reason: `${issue?.path.join('.') ?? ''}: ${issue?.code ?? 'invalid'}` };
  }
  const { v, id, n, d } = claim.data;
  return {
    isOk: true,
    claim: { peerId: id, name: toShowable(n, MAX_NAME_LENGTH) || shortId(id), protocol: v, catalogueDigest: d },
  };
}

/** The first characters of the fingerprint, without its `SHA256:`. */
export function shortId(peerId: PeerId, length = 8): string {
  return peerId.slice('SHA256:'.length, 'SHA256:'.length + length);
}

/** Splits one of `Advert.addresses` (or any `host`, `host:port`, `[host]:port`) into what a socket needs. */
export function splitAddress(address: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  if (!match || host === undefined) return { host: address.replace(/^\[(.*)\]$/, '$1'), port: defaultPort };
  return { host, port: Number(match[3]) };
}

/** Whether a computer could be there: an IP address or what may be a name, and a port. */
export function isAddress({ host, port }: { readonly host: string; readonly port: number }): boolean {
  if (port < 1 || port > 65535) return false;
  if (host.includes(':')) return isIPv6(host);
  // The system would take 1.2.3 for 1.2.0.3, which nobody means.
  if (/^[0-9.]+$/.test(host)) return isIPv4(host);
  return /^[A-Za-z0-9._-]+$/.test(host);
}
