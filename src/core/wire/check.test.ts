// Here and not in contract/, because it tests with the peers' messages.
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { check } from '../../contract/check.ts';
import { createLinePort } from '../../contract/line-port.ts';
import { noPowers } from '../../contract/powers.ts';
import { createRpc, parseInput } from '../../contract/rpc.ts';
import { settingsSchema } from '../../contract/settings.ts';
import { grantedSessionSchema, helloSchema, hostNotices, visitorCalls } from './peer-protocol.ts';

test('what other versions do not say, or say otherwise, is not known, and nothing else of it is lost', () => {
  const session = {
    sessionId: 'b4d6b4a6-8f4e-4d0e-9d0a-0d3c7d1c2b3a',
    containerHostKey: null,
    classicPort: null,
    powers: noPowers,
    remainingMs: null,
  };
  for (const [said, known] of [
    [undefined, null],
    [null, null],
    [-1, null],
    ['2 GiB', null],
    [1024, 1024],
  ] as const) {
    const given = said === undefined ? session : { ...session, maxUploadBytes: said };
    expect(grantedSessionSchema.parse(given).maxUploadBytes, String(said)).toBe(known);
  }
  const { output } = visitorCalls['catalogue.get'];
  for (const [said, known] of [
    [{}, false],
    [{ isCut: true }, true],
    [{ isCut: 'some' }, false],
  ] as const)
    expect(output.parse({ offers: [], ...said }).isCut).toBe(known);
});

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
