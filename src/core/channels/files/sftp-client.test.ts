import { duplexPair } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { startSftp } from './sftp-client.ts';
import { requests } from './sftp-packets.ts';

test('an answer that comes byte by byte and never ends is waited for no longer than one that does not come', async () => {
  const [visitorSide, server] = duplexPair();
  server.resume();
  server.write(Buffer.of(0, 0, 0, 5, 2, 0, 0, 0, 3));
  const client = await startSftp(visitorSide, 150);
  const answer = client.ask('handle', (id) => requests.openFolder(id, '/home/ebp/Exchange'));
  server.write(Buffer.of(0, 4, 0, 0));
  const trickle = setInterval(() => server.write(Buffer.of(0)), 20);
  onTestFinished(() => clearInterval(trickle));
  const tooLate = new Promise((resolve) => setTimeout(() => resolve('still waiting'), 1500));
  await expect(Promise.race([answer, tooLate])).rejects.toMatchObject({ code: 'timeout' });
});
