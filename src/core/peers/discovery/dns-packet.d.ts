// The part of dns-packet 5 that is used here, which is writing: the library brings no types.
declare module 'dns-packet' {
  export interface ResourceRecord {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    /** Cache-flush bit (RFC 6762 §10.2). */
    readonly flush?: boolean;
    readonly data: unknown;
  }
  export interface OutgoingPacket {
    readonly type: 'query' | 'response';
    readonly flags?: number;
    readonly questions?: readonly { readonly name: string; readonly type: string }[];
    readonly answers?: readonly ResourceRecord[];
    readonly additionals?: readonly ResourceRecord[];
  }
  export const AUTHORITATIVE_ANSWER: number;
  export const TRUNCATED_RESPONSE: number;
  export function encode(packet: OutgoingPacket): Buffer;
}
