import { expect, test } from 'vitest';
import { describePeerPort } from './peer-port-health.ts';

test('without a network the port is of no use to others yet, and what is wrong in itself is said as it is', () => {
  const open = { isOpen: true, port: 20101, asked: 20101 } as const;
  expect(describePeerPort(open, true)).toMatchObject({ level: 'ok', params: { port: 20101 } });
  expect(describePeerPort(open, true).params['context']).toBeUndefined();
  expect(describePeerPort(open, false)).toMatchObject({ level: 'ok', params: { context: 'offline' } });
  const taken = describePeerPort({ isOpen: false, asked: 20101, why: 'EACCES' }, false);
  expect(taken).toMatchObject({ level: 'error', params: { port: 20101, why: 'EACCES' }, blocks: ['sharing'] });
  expect(taken.params['context']).toBeUndefined();
  const other = describePeerPort({ isOpen: true, port: 20102, asked: 20101 }, false);
  expect(other).toEqual({ id: 'port', level: 'warning', params: { port: 20102, asked: 20101 }, command: null });
});
