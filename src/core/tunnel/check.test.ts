// Here and not in contract/, because it tests with the peers' messages.
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { check } from '../../contract/check.ts';
import { createLinePort } from '../../contract/line-port.ts';
import { settingsSchema } from '../../contract/models.ts';
import { createRpc, parseInput } from '../../contract/rpc.ts';
import { helloSchema, hostNotices } from './peer-protocol.ts';

/** Found by the fuzzer `control-answers`: comparing this with a number throws. */
const trap = { length: { toString: 1 } };

describe('a value whose length is no number', () => {
  test('is a wrong value, and its field is named', () => {
    const hello = { protocol: 1, oldest: 1, name: trap, capabilities: [] };
    expect(() => parseInput(helloSchema, hello, 'hello')).toThrow(/"where":"hello.name"/);
    const session = { sessionId: 'x', containerHostKey: trap, classicPort: null };
    const notice = { requestId: 'x', answer: 'granted', session, problem: null };
    expect(check(hostNotices['request.answered'], notice).success).toBe(false);
    expect(check(settingsSchema.partial(), { mounts: trap }).error?.issues[0]?.path).toEqual(['mounts']);
    const sized = { size: 1n, length: { toString: 1 } };
    expect(check(settingsSchema.shape.name, sized).success).toBe(false);
  });

  test.each([
    { jsonrpc: '2.0', id: 1, method: trap, params: {} },
    { jsonrpc: '2.0', method: trap },
    { jsonrpc: '2.0', id: 1, error: { code: 1, message: trap, data: {} } },
  ])('in the envelope closes the connection that sent it, and nothing else: %j', async (message) => {
    const stream = new PassThrough();
    const told: unknown[] = [];
    createRpc(createLinePort(stream, { maxLineBytes: 1000 }), { onMalformed: (error) => told.push(error) });
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.write(`${JSON.stringify(message)}\n`);
    await closed;
    expect(told).toHaveLength(1);
  });
});
