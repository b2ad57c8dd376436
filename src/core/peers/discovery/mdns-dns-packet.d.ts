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
  interface RecordCodec {
    /** From the RDLENGTH of a record on, which most of them do not look at. Throws on anything malformed. */
    decode(message: Buffer, offset: number): unknown;
  }
  export const AUTHORITATIVE_ANSWER: number;
  export const TRUNCATED_RESPONSE: number;
  export const a: RecordCodec;
  export const aaaa: RecordCodec;
  export const ptr: RecordCodec;
  export const srv: RecordCodec;
  export const txt: RecordCodec;
  export const name: {
    /** Throws on anything malformed. */
    decode(message: Buffer, offset: number): string;
  };
  export function encode(packet: OutgoingPacket): Buffer;
  export type { OutgoingPacket, Question, RecordCodec, ResourceRecord };
}
