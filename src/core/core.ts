import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Port } from '../contract/port.ts';
import { startActivity } from './activity/activity.ts';
import { describeActivity } from './activity/activity-health.ts';
import { createAttach } from './attach.ts';
import { createChannels } from './channels/channels.ts';
import type { OpenFile } from './channels/files/exchange.ts';
import { checkNeededPrograms } from './channels/needed-programs.ts';
import { createConsent } from './consent/consent.ts';
import { openRules } from './consent/rules.ts';
import { startContainers } from './container/container.ts';
import { createBubblewrap } from './container/engines/bubblewrap/bubblewrap.ts';
import { findGuard } from './container/guarded-places.ts';
import { startMounts } from './container/mounts.ts';
import { describeMounts } from './container/mounts-health.ts';
import { describeRoot } from './container/owner.ts';
import { corePlaces } from './core-places.ts';
import { sayGoodbye } from './goodbye.ts';
import { createHandlers } from './handlers.ts';
import { describeDamage } from './health/damage.ts';
import { createDiskCheck, DISK_CHECK_MS } from './health/disk.ts';
import { startHealth } from './health/health.ts';
import { createHostCalls } from './host/calls.ts';
import { startHostSessions } from './host/sessions.ts';
import { openIdentity } from './identity/identity.ts';
import { describeKeyPlace } from './identity/key-place-health.ts';
import type { SecretStore } from './identity/secret-store.ts';
import { keepMemoryOutOfCoreDumps } from './lib/core-dump.ts';
import { type FileLog, startFileLog } from './lib/log.ts';
import { makeProfile } from './lib/places.ts';
import { readLastLines } from './lib/read-log.ts';
import { combine, onChange } from './lib/state.ts';
import { startLocalSocket } from './local-socket/local-socket.ts';
import { createAppKind } from './offers/app/app-kind.ts';
import { startOffers } from './offers/offers.ts';
import type { Parts } from './parts.ts';
import { followPause } from './pause.ts';
import { startDiscovery } from './peers/discovery/discovery.ts';
import { describeMulticast, describeNetwork, isOnNetwork } from './peers/discovery/discovery-health.ts';
import { openPeerBook } from './peers/peer-book.ts';
import { startPeers } from './peers/peers.ts';
import { createComparisons } from './peers/verification/comparisons.ts';
import { createPeople } from './people/people.ts';
import { describeSelf, describeToNetwork } from './self.ts';
import { startSettings } from './settings/settings.ts';
import { createTopics } from './topics.ts';
import { startAsks } from './visitor/asks.ts';
import { startVisitorSessions } from './visitor/sessions.ts';
import { createNotices } from './wire/notices.ts';
import { openPeerPort } from './wire/peer-port.ts';
import { describePeerPort } from './wire/peer-port-health.ts';
import { createVisitors } from './wire/visitors.ts';
export interface CoreOptions {
  /** Everything that lasts is below this folder; it is made when it is not there. */
  readonly profileDir: string;
  readonly shell: 'electron' | 'browser';
  readonly version: string;
  /** The system's key store, or null where the shell has none: then the key lies in a private file. */
  readonly secrets: SecretStore | null;
}

export interface Core extends AsyncDisposable {
  /** Serves the contract on a port until it closes. */
  attach(port: Port): void;
  /** An icon by its hash, of this computer or of a peer; null when it is not known. The type is image/png or image/svg+xml. */
  readIcon(hash: string): Promise<{ type: string; bytes: Uint8Array } | null>;
  /** The RFB byte stream of a visitor's viewer session. @throws AppError `not-found`, `peer-unreachable` */
  openDisplay(sessionId: string): Promise<Duplex>;
  /** A file of the folder Exchange, from a visitor's session. @throws AppError, see `Exchange` in core/channels/files */
  openFile(sessionId: string, name: string): Promise<OpenFile>;
  /** Puts a new file there; resolves with the name that it got. @throws AppError, see `Exchange` in core/channels/files */
  putFile(
    sessionId: string,
    name: string,
    source: AsyncIterable<Uint8Array>,
    sizeBytes?: number,
  ): Promise<{ readonly name: string }>;
  /** Resolves when somebody called `core.stop`; the shell then disposes the core and ends. */
  readonly stopRequested: Promise<void>;
}

/**
 * Starts the core. A part that cannot work here says so in the topic `health`; the others work.
 * @throws AlreadyRunningError when a core runs with this profile; AppError `profile-unusable`; `bad-input`, `key-sealed`,
 * `key-store-locked`, `key-conflict` when the key that this computer is cannot be had
 */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { profileDir, shell, version } = options;
  const places = corePlaces(profileDir);
  const { isRoot, owner, runtimeDir } = places;
  await using stack = new AsyncDisposableStack();
  await makeProfile(profileDir);
  await keepMemoryOutOfCoreDumps();
  const log: FileLog = stack.use(startFileLog(places.logsDir, 'info'));
  const health = stack.use(startHealth({ log }));
  // First of all, because only one core may run with a profile. Whatever else is found there is left from a crash.
  const localSocket = stack.use(await startLocalSocket({ profileDir, runtimeDir, log }));
  const engine = createBubblewrap({ runtimeDir, log, owner });
  await engine.endLeftovers();
  // The sandboxes' user must reach its sockets below these folders. Everything in them is private by its own mode.
  if (isRoot) for (const path of [dirname(runtimeDir), runtimeDir]) await chmod(path, 0o711);

  // Who this computer is, and what it keeps.
  const settingsPart = stack.use(await startSettings({ profileDir, log }));
  const settings = settingsPart.state;
  stack.defer(settings.follow(({ logLevel }) => log.setLevel(logLevel)));
  const identity = await openIdentity(places.identityDir, {
    ...{ store: options.secrets, isSealed: settings.value.isKeySealed, lentDir: places.lentKeysDir, log },
  });
  const { id: selfId } = identity;
  stack.defer(onChange(settings, ({ isKeySealed }) => isKeySealed, identity.setSealed));
  log.info({ id: selfId, version, shell }, 'core starts');
  const activity = stack.use(await startActivity({ folder: places.activityDir, log }));
  const kinds = [createAppKind({ env: process.env })];
  const offers = stack.use(await startOffers({ kinds, log, settings, iconsDir: places.iconsDir }));
  const book = await openPeerBook({ profileDir, log });
  const rules = stack.use(await openRules({ profileDir, isVerified: book.isVerified, log }));
  book.alsoKnow(rules.state);
  const findPlaces = () => findGuard(places.ours);
  const mounts = stack.use(await startMounts({ settings: settingsPart, findGuard: findPlaces, log }));
  const { containersDir: folder } = places;
  const containers = stack.use(await startContainers({ folder, engine, mounts, log, owner }));
  book.alsoKnow(containers.state);

  // What others may use here.
  const consent = createConsent({ settings, rules, book, activity, log });
  stack.defer(() => consent.denyAll('quit'));
  // The mounts that a person reads before a yes must be current.
  stack.defer(consent.requests.follow(({ length }) => void (length > 0 && mounts.refresh())));
  const channels = Object.values(createChannels({ containers, settings, identity, runtimeDir }));
  health.addCheck(() => checkNeededPrograms(channels));
  health.addCheck(engine.check);
  health.addCheck(createDiskCheck(places.watched, log), DISK_CHECK_MS);
  const looked = health.check();
  const hostSessions = stack.use(startHostSessions({ channels, containers, book, activity, log }));
  stack.defer(followPause({ settings, consent, hostSessions, activity }));

  // Who is there, and what this computer uses of them.
  const notices = createNotices();
  const peers = stack.use(await startPeers({ identity, log, settings, book, notices, icons: offers }));
  const visitorSessions = stack.use(startVisitorSessions({ channels, peers, notices, activity, log }));
  const asks = stack.use(startAsks({ peers, notices, activity, log, onGranted: visitorSessions.begin }));
  const visitors = createVisitors();
  const people = createPeople({
    ...{ selfId, book, peers, consent, rules, containers, hostSessions, visitorSessions, activity },
    disconnect: visitors.disconnect,
  });
  const comparisons = stack.use(createComparisons({ selfId, settings, book, peers, notices, people, log }));

  // The doors: first the one to the network, then the one to the windows.
  const hostCalls = createHostCalls({
    ...{ settings, offers, consent, channels, containers, hostSessions, book, comparisons, health, activity, log },
  });
  // What can be given must be known before the first request comes.
  await looked;
  const peerPort = stack.use(
    await openPeerPort({ identity, log, port: settings.value.peerPort, answers: hostCalls.answers, visitors }),
  );
  for (const source of [offers.own, settings, book.state]) stack.defer(source.follow(hostCalls.announceCatalogue));
  const fixed = { id: selfId, shell, version, profileDir, peerPort: peerPort.number };
  const own = stack.use(describeToNetwork(fixed, settings, offers.publicDigest));
  const { links, problem } = stack.use(await startDiscovery({ log, own, onSeen: peers.onSeen, onGone: peers.onGone }));

  const damaged = { settings: settingsPart.damage, people: book.damage, rules: rules.damage };
  const oddities = Object.entries(damaged).flatMap(([id, damage]) => describeDamage(id, damage));
  for (const item of [...describeRoot(isRoot), ...oddities]) health.report(item);
  health.follow(identity.place, describeKeyPlace);
  health.follow(activity.state, (state) => describeActivity(state.problem && places.activityDir));
  health.follow(mounts.state, describeMounts);
  health.follow(links, describeNetwork);
  health.follow(links, (now) => describePeerPort(peerPort.state, isOnNetwork(now)));
  health.follow(stack.use(combine([problem, links], (both) => describeMulticast(...both))), (item) => item);
  const self = stack.use(await describeSelf(fixed, { settings, health, links }));
  const stop = Promise.withResolvers<void>();
  const parts: Parts = {
    ...{ settings: settingsPart, offers, book, peers, consent, rules, people, comparisons, containers, mounts },
    ...{ hostSessions, asks, visitorSessions, health, activity, self },
    logs: { read: (maxLines) => readLastLines(log.path, maxLines) },
    requestStop: () => setImmediate(stop.resolve),
  };
  const topics = stack.use(createTopics(parts));
  const onGone = [peers.closeAllOf, asks.unwatchAllOf, comparisons.unwatchAllOf];
  const attach = createAttach({ handlers: createHandlers(parts), topics, onGone, log });
  localSocket.serve(attach);

  const parked = stack.move();
  return {
    attach,
    readIcon: offers.readIcon,
    openDisplay: async (sessionId) => visitorSessions.channel(sessionId, 'display').openStream(),
    openFile: async (sessionId, fileName) => visitorSessions.channel(sessionId, 'files').exchange.open(fileName),
    putFile: async (sessionId, fileName, source, sizeBytes) =>
      visitorSessions.channel(sessionId, 'files').exchange.put(fileName, source, sizeBytes),
    stopRequested: stop.promise,
    [Symbol.asyncDispose]: async () => {
      if (parked.disposed) return;
      await sayGoodbye({ asks, visitorSessions, hostCalls, peerPort, log });
      await parked.disposeAsync();
    },
  };
}
