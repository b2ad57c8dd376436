import { expect, test } from 'vitest';
import type { SessionId } from '../../contract/ids.ts';
import { createDisplayPort, type DisplayMessage, type MessageEndpoint } from './display-port.ts';

const sessionId = 'b4d6b4a6-8f4e-4d0e-9d0a-0d3c7d1c2b3a' as SessionId;

/** What noVNC's Websock asks of a channel (core/websock.js). */
const rawChannelProps = ['send', 'close', 'binaryType', 'onerror', 'onmessage', 'onopen', 'protocol', 'readyState'];

function fakeEndpoint() {
  const sent: DisplayMessage[] = [];
  const endpoint: MessageEndpoint = {
    onmessage: null,
    postMessage: (message) => void sent.push(message),
    close: () => undefined,
  };
  const receive = (data: DisplayMessage) => endpoint.onmessage?.({ data } as MessageEvent);
  return { sent, endpoint, receive };
}

test('a channel has what noVNC needs and carries bytes both ways', async () => {
  const { sent, endpoint, receive } = fakeEndpoint();
  const channel = createDisplayPort(endpoint).open(sessionId);
  const props = [...Object.keys(channel), ...Object.getOwnPropertyNames(Object.getPrototypeOf(channel))];
  for (const prop of rawChannelProps) expect(props).toContain(prop);

  const events: unknown[] = [];
  channel.onopen = () => events.push('open');
  channel.onmessage = (event: { data: Uint8Array }) => events.push(event.data);
  channel.onclose = () => events.push('close');
  expect(sent).toEqual([{ stream: 1, kind: 'open', sessionId }]);
  channel.send(new Uint8Array([9]) as never);
  expect(sent).toHaveLength(1);

  receive({ stream: 1, kind: 'opened' });
  const queue = new Uint8Array([1, 2, 3, 4]);
  channel.send(queue.subarray(1, 3) as never);
  queue.fill(0);
  expect(sent[1]).toEqual({ stream: 1, kind: 'data', bytes: new Uint8Array([2, 3]) });
  receive({ stream: 1, kind: 'data', bytes: new Uint8Array([5]) });

  expect(sent[2]).toEqual({ stream: 1, kind: 'ack', sizeBytes: 1 });

  channel.close();
  expect(channel.readyState).toBe(3);
  expect(sent[3]).toEqual({ stream: 1, kind: 'close' });
  await Promise.resolve();
  receive({ stream: 1, kind: 'data', bytes: new Uint8Array([6]) });
  expect(events).toEqual(['open', new Uint8Array([5]), 'close']);
});

test('streams do not meet, and all end with the port', () => {
  const { endpoint, receive } = fakeEndpoint();
  const port = createDisplayPort(endpoint);
  const closed: number[] = [];
  const [first, second] = [port.open(sessionId), port.open(sessionId)];
  first.onclose = () => closed.push(1);
  second.onclose = () => closed.push(2);
  receive({ stream: 1, kind: 'close' });
  receive({ stream: 7, kind: 'close' });
  expect(closed).toEqual([1]);
  port.close();
  expect(closed).toEqual([1, 2]);
});
