// A computer with a version of eBrainPool that is still to come: it offers a kind of thing that this one does not know.
// `node e2e/computers/newer-host.ts FOLDER`, on a computer of the lab; says its port, and then what it is asked for.
import { AppError } from '../../src/contract/errors.ts';
import { openIdentity } from '../../src/core/identity/identity.ts';
import { silentLog } from '../../src/core/lib/log.ts';
import { CAPABILITIES } from '../../src/core/wire/capabilities.ts';
import { OLDEST_PROTOCOL, PROTOCOL } from '../../src/core/wire/peer-protocol.ts';
import { startPeerServer } from '../../src/core/wire/peer-server.ts';
import type { Answers } from '../../src/core/wire/visitor.ts';

const [folder = ''] = process.argv.slice(2);

const offer = (id: string, kind: string, name: string) => ({
  ...{ id, kind, name, summary: '', categories: [], keywords: [], icon: null },
  // And a field that nobody knows yet.
  weightG: 3,
});
const refuse = (): never => {
  throw new AppError('offer-gone');
};
const calls: Answers['calls'] = {
  hello: () => ({
    protocol: PROTOCOL,
    oldest: OLDEST_PROTOCOL,
    name: 'Newer',
    capabilities: [...CAPABILITIES, 'view.hologram'],
  }),
  'catalogue.get': () => ({
    offers: [
      offer('hologram:globe', 'hologram', 'Globe'),
      // Its kind is not the one that its id says.
      offer('hologram:moon', 'app', 'Moon'),
      offer('app:clock', 'app', 'Clock'),
    ],
    isCut: false,
  }),
  'request.create': ({ offerId }) => {
    console.log(`asked for ${offerId}`);
    return refuse();
  },
  ...{ 'icon.get': refuse, 'request.cancel': refuse },
  ...{ 'session.end': refuse, 'session.close': refuse, 'session.keep': refuse, 'session.resume': refuse },
  ...{ 'window.activate': refuse, 'window.close': refuse },
  ...{ 'verify.begin': refuse, 'verify.reveal': refuse, 'verify.answer': refuse, 'verify.cancel': refuse },
};

const { port } = await startPeerServer({
  ...{ identity: await openIdentity(folder), log: silentLog, port: 0 },
  answers: {
    calls,
    isRefused: () => false,
    onRefused: () => {},
    openTunnel: () => Promise.reject(new AppError('not-allowed')),
  },
});
console.log(`${port}`);
process.stdin.resume().once('end', () => process.exit(0));
