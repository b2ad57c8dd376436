// What a hostile peer has to say to get as far as a channel, so that its attack begins behind the door.
import { noPowers } from '../../src/contract/powers.ts';
import { CAPABILITIES } from '../../src/core/wire/capabilities.ts';
import { PROTOCOL, type TunnelEnd, tunnelPath } from '../../src/core/wire/peer-protocol.ts';
import { SESSION } from './peer-end.ts';
import { message, PACKET, type RawPeer, WINDOW } from './ssh-messages.ts';

const OPEN = 90;
const CONFIRMATION = 91;
const OPEN_FAILURE = 92;
const DATA = 94;
const REQUEST = 98;
const SUCCESS = 99;
/** Her own numbers. */
const CONTROL = 0;
let nextNumber = 100;
const TIMEOUT_MS = 5000;

const line = (value: unknown) => `${JSON.stringify(value)}\n`;
export const helloLine = (): string =>
  line({
    ...{ jsonrpc: '2.0', id: 1, method: 'hello' },
    params: { protocol: PROTOCOL, oldest: PROTOCOL, name: 'Mallory', capabilities: [] },
  });

/** On the control channel, which a host always gives the number 0. */
export function call(peer: RawPeer, method: string, params: unknown = {}): void {
  peer.send(message.data(0, line({ jsonrpc: '2.0', id: 2, method, params })));
}

function hear(peer: RawPeer, isIt: (payload: Buffer) => boolean): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const before = peer.onMessage;
    const finish = (payload?: Buffer) => {
      clearTimeout(timer);
      peer.onMessage = before;
      resolve(payload);
    };
    const timer = setTimeout(finish, TIMEOUT_MS);
    peer.socket.once('close', () => finish());
    peer.onMessage = (payload) => {
      before(payload);
      if (isIt(payload)) finish(payload);
    };
  });
}

/** A wish for a tunnel channel of her session. */
export const tunnelOf = (
  end: TunnelEnd,
  number: number,
  window = WINDOW,
  packet = PACKET,
  session: string = SESSION,
): Buffer => message.openTunnel(tunnelPath(session, end), number, window, packet);

/** Opens the control channel and says hello. Resolves to the host's number, or to 0 when the host has ended the connection. */
export async function openControl(peer: RawPeer, window = WINDOW, packet = PACKET): Promise<number> {
  const opened = hear(peer, (payload) => payload[0] === CONFIRMATION);
  peer.send(message.open('session', CONTROL, window, packet));
  const id = (await opened)?.readUInt32BE(5);
  if (id === undefined) return 0;
  const begun = hear(peer, (payload) => payload[0] === SUCCESS);
  peer.send(message.subsystem(id));
  await begun;
  peer.send(message.data(id, helloLine()));
  return id;
}

/** Resolves to the host's number of a tunnel channel of her session, or to 0. */
export async function openTunnel(
  peer: RawPeer,
  end: TunnelEnd,
  window = WINDOW,
  packet = PACKET,
  session: string = SESSION,
): Promise<number> {
  const number = nextNumber++;
  const answered = hear(
    peer,
    (payload) => (payload[0] === CONFIRMATION || payload[0] === OPEN_FAILURE) && payload.readUInt32BE(1) === number,
  );
  peer.send(tunnelOf(end, number, window, packet, session));
  return (await answered)?.readUInt32BE(5) ?? 0;
}

export interface HostPlan {
  /** Window and packet size in the confirmation of the control channel. */
  readonly control?: readonly [number, number];
  /** The same of a tunnel channel; null for no answer. */
  readonly tunnel?: readonly [number, number] | null;
  /** Begins when the visitor has asked for its tunnel. Numbers are the visitor's. */
  readonly attack?: (peer: RawPeer, tunnel: number, control: number) => Promise<void> | void;
}

/** Plays a host as far as the plan wants it. */
export function playHost(peer: RawPeer, plan: HostPlan): void {
  let control = 0;
  peer.onMessage = (payload) => {
    const [type] = payload;
    if (type === OPEN) {
      const kindEnd = 5 + payload.readUInt32BE(1);
      const isControl = payload.subarray(5, kindEnd).toString() === 'session';
      const id = payload.readUInt32BE(kindEnd);
      if (isControl) control = id;
      const sizes = isControl ? plan.control : plan.tunnel;
      if (sizes !== null) peer.send(message.confirm(id, id, ...(sizes ?? [WINDOW, PACKET])));
      if (!isControl) void plan.attack?.(peer, id, control);
    }
    if (type === REQUEST) peer.send(message.success(control));
    if (type === DATA && payload.readUInt32BE(1) === control) answer(peer, control, payload.subarray(9).toString());
  };
}

/** The only offer of a host that lies; it says yes to whoever asks for it. */
export const LIARS_OFFER = 'app:bait';
const powers = { ...noPowers, files: true };
const session = { sessionId: SESSION, containerHostKey: null, classicPort: null, powers, remainingMs: null };
const results: Readonly<Record<string, unknown>> = {
  hello: { protocol: PROTOCOL, oldest: PROTOCOL, name: 'Liar', capabilities: [...CAPABILITIES] },
  'catalogue.get': {
    offers: [{ id: LIARS_OFFER, kind: 'app', name: 'Bait', summary: '', categories: [], keywords: [], icon: null }],
    isCut: false,
  },
};

function answer(peer: RawPeer, control: number, text: string): void {
  const say = (value: object) => peer.send(message.data(control, line({ jsonrpc: '2.0', ...value })));
  for (const one of text.split('\n').filter(Boolean)) {
    const { id, method } = JSON.parse(one) as { id: number; method: string };
    if (method !== 'request.create') {
      say({ id, result: results[method] ?? {} });
      continue;
    }
    const requestId = crypto.randomUUID();
    say({ id, result: { requestId, answerTimeoutMs: 60_000 } });
    say({ method: 'request.answered', params: { requestId, answer: 'granted', session, problem: null } });
  }
}
