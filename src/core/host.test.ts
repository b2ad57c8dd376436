import { expect, test } from 'vitest';
import type { PeerId, Settings } from '../contract/models.ts';
import { createHost } from './host.ts';
import { State } from './lib/state.ts';
import { OLDEST_PROTOCOL, PROTOCOL } from './tunnel/peer-protocol.ts';
import type { Visitor } from './tunnel/peer-server.ts';

test('a connection says hello once: its name stays, and it cannot make this computer collect listeners', async () => {
  const settings = new State({ name: 'Bob' } as unknown as Settings);
  const { hostSide } = createHost({ settings, host: {}, book: {} } as unknown as Parameters<typeof createHost>[0]);
  let listeners = 0;
  const visitor = {
    peerId: `SHA256:${'A'.repeat(43)}` as PeerId,
    onClose: () => {
      listeners += 1;
      return () => {};
    },
  } as unknown as Visitor;
  const hello = { protocol: PROTOCOL, oldest: OLDEST_PROTOCOL, name: 'Alice', capabilities: [] };
  expect(await hostSide.calls.hello(hello, visitor)).toMatchObject({ name: 'Bob' });
  for (let again = 0; again < 3; again += 1)
    expect(() => hostSide.calls.hello({ ...hello, name: 'Carol' }, visitor)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  expect(listeners).toBe(1);
});
