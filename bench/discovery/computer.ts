// One computer of the measurement: `node bench/discovery/computer.ts CANDIDATE OWN` in a network namespace. Prints events as a TestLan reads them.
import { createInterface } from 'node:readline';
import type { OwnAdvert } from '../../src/core/peers/discovery/advert.ts';
import { printEvent } from '../../src/core/peers/discovery/test-lan.test-support.ts';
import type { Start } from './candidate.ts';

type Order = { readonly do: 'own'; readonly own: OwnAdvert | null } | { readonly do: 'usage' | 'stop' };

// A library that fails is heard of; that it takes the process along would be a finding too, but the rest is to be measured.
process.on('uncaughtException', (error) => printEvent({ event: 'text', text: `uncaught ${error.message}` }));
// Some write what they think into the standard output.
console.log = (...words: unknown[]) => printEvent({ event: 'text', text: words.join(' ') });
console.warn = console.log;

const [candidate = '', text = 'null'] = process.argv.slice(2);
const first: OwnAdvert | null = JSON.parse(text);
const { start }: { start: Start } = await import(`./candidates/${candidate}.ts`);
printEvent({ event: 'starting' });
const running = await start(first, {
  onSeen: (advert) => {
    if (advert.peerId !== first?.peerId) printEvent({ event: 'seen', advert });
  },
  onGone: (peerId) => {
    if (peerId !== first?.peerId) printEvent({ event: 'gone', peerId });
  },
});
printEvent({ event: 'ready' });
for await (const line of createInterface(process.stdin)) {
  const order: Order = JSON.parse(line);
  if (order.do === 'own') await running.setOwn(order.own);
  else if (order.do === 'usage') {
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    printEvent({ event: 'usage', cpuMs, memoryMiB: process.memoryUsage.rss() / 1024 / 1024 });
  } else break;
}
await running.stop();
process.exit(0);
