// The part of dns-packet 5 that is used here: the library brings no types. What is decoded is from the network, so it is unknown.
declare module 'dns-packet' {
  interface Question {
    readonly name: string;
    readonly type: string;
  }
  interface ResourceRecord {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    /** Cache-flush bit (RFC 6762 §10.2). */
    readonly flush?: boolean;
    readonly data?: unknown;
  }
  interface OutgoingPacket {
    readonly type: 'query' | 'response';
    readonly flags?: number;
    readonly questions?: readonly Question[];
    readonly answers?: readonly ResourceRecord[];
    readonly additionals?: readonly ResourceRecord[];
  }
  interface IncomingPacket {
    readonly type: 'query' | 'response';
    readonly flag_tc: boolean;
    readonly questions: readonly Question[];
    readonly answers: readonly ResourceRecord[];
    readonly additionals: readonly ResourceRecord[];
  }
  export const AUTHORITATIVE_ANSWER: number;
  export const TRUNCATED_RESPONSE: number;
  export function encode(packet: OutgoingPacket): Buffer;
  /** Throws on anything malformed. */
  export function decode(message: Buffer): IncomingPacket;
  export type { IncomingPacket, OutgoingPacket, Question, ResourceRecord };
}
