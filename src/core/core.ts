// createCore builds every part in order: the table of contents of the product.
import { createHash } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from '../contract/asks.ts';
import { serveContract, type TopicSources } from '../contract/client.ts';
import type { Comparison } from '../contract/comparisons.ts';
import type { ClientId } from '../contract/contract.ts';
import type { Port } from '../contract/port.ts';
import { homeOf } from '../contract/profile.ts';
import type { Self } from '../contract/self.ts';
import type { Session } from '../contract/sessions.ts';
import { startActivity } from './activity/activity.ts';
import { describeActivity } from './activity/activity-health.ts';
import { createChannels } from './channels/channels.ts';
import type { OpenFile } from './channels/files/exchange.ts';
import { canShowNative } from './channels/x11/openssh.ts';
import { createConsent } from './consent/consent.ts';
import { openRules } from './consent/rules.ts';
import { startContainers } from './container/container.ts';
import { createBubblewrap } from './container/engines/bubblewrap/bubblewrap.ts';
import { findGuard } from './container/guarded-places.ts';
import { startMounts } from './container/mounts.ts';
import { describeMounts } from './container/mounts-health.ts';
import { describeRoot } from './container/owner.ts';
import { createHandlers } from './handlers.ts';
import { describeDamage } from './health/damage.ts';
import { createDiskCheck, DISK_CHECK_MS } from './health/disk.ts';
import { type Health, startHealth } from './health/health.ts';
import { createHost } from './host/calls.ts';
import { startHostSessions } from './host/sessions.ts';
import { openIdentity } from './identity/identity.ts';
import { describeKeyPlace } from './identity/key-place-health.ts';
import type { SecretStore } from './identity/secret-store.ts';
import { keepMemoryOutOfCoreDumps } from './lib/core-dump.ts';
import { type FileLog, startFileLog } from './lib/log.ts';
import { makeProfile, runtimeDirOf } from './lib/places.ts';
import { readLastLines } from './lib/read-log.ts';
import { combine, type Followable, type State } from './lib/state.ts';
import { startLocalSocket } from './local-socket/local-socket.ts';
import { createAppKind } from './offers/app/app-kind.ts';
import { startOffers } from './offers/offers.ts';
import type { Parts } from './parts.ts';
import type { OwnAdvert } from './peers/discovery/advert.ts';
import { describeMulticast, describeNetwork, isOnNetwork } from './peers/discovery/discovery-health.ts';
import { startDiscovery } from './peers/discovery/mdns.ts';
import { isLinkLocal, type Link } from './peers/discovery/mdns-links.ts';
import { openPeerBook } from './peers/peer-book.ts';
import { startPeers } from './peers/peers.ts';
import { createComparisons } from './peers/verification/comparisons.ts';
import { createPeople } from './people/people.ts';
import { type SettingsPart, startSettings } from './settings/settings.ts';
import { startAsks } from './visitor/asks.ts';
import { startVisitorSessions } from './visitor/sessions.ts';
import { createNotices } from './wire/notices.ts';
import { describePeerPort, type PeerPort } from './wire/peer-port-health.ts';
import { PROTOCOL } from './wire/peer-protocol.ts';
import { startPeerServer } from './wire/peer-server.ts';
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

/** How long the core waits for its peers to hear of its end. */
const GOODBYE_MS = 500;

/** An account that nobody has: root's sandboxes run as this user. */
const ROOTS_SANDBOX_OWNER = { uid: 70_731, gid: 70_731 };

/**
 * Starts the core. A part that cannot work here says so in the topic `health`; the others work.
 * @throws AlreadyRunningError when a core runs with this profile; AppError `profile-unusable`; `bad-input`, `key-sealed`,
 * `key-store-locked`, `key-conflict` when the key that this computer is cannot be had
 */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { profileDir } = options;
  await using stack = new AsyncDisposableStack();
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? ROOTS_SANDBOX_OWNER : null;
  const runtimeDir = runtimeDirOf(profileDir, process.env, isRoot);
  await makeProfile(profileDir);
  await keepMemoryOutOfCoreDumps();

  const log: FileLog = stack.use(startFileLog(join(profileDir, 'logs'), 'info'));
  const health = stack.use(startHealth({ log }));
  const stop = Promise.withResolvers<void>();
  // First of all: only one core runs with a profile, so what else is found below it is left from a crash.
  const localSocket = stack.use(await startLocalSocket({ profileDir, runtimeDir, log }));
  const engine = createBubblewrap({ runtimeDir, log, owner });
  await engine.endLeftovers();
  // The sandboxes' own user must get through to its sockets; what lies there is private by itself.
  if (isRoot) for (const path of [dirname(runtimeDir), runtimeDir]) await chmod(path, 0o711);

  const settings = stack.use(await startSettings({ profileDir, log }));
  stack.defer(settings.state.follow(({ logLevel }) => log.setLevel(logLevel)));
  const identity = await openIdentity(join(profileDir, 'identity'), {
    store: options.secrets,
    isSealed: settings.state.value.isKeySealed,
    lentDir: join(runtimeDir, 'keys'),
    log,
  });
  log.info({ id: identity.id, version: options.version, shell: options.shell }, 'core starts');
  const activityDir = join(profileDir, 'activity');
  const activity = stack.use(await startActivity({ folder: activityDir, log }));
  const kinds = [createAppKind({ env: process.env })];
  const offers = stack.use(
    await startOffers({ kinds, log, settings: settings.state, iconsDir: join(profileDir, 'icons') }),
  );
  const book = await openPeerBook({ profileDir, log });
  const rules = stack.use(await openRules({ profileDir, isVerified: book.isVerified, log }));

  const folder = isRoot ? join('/var/lib/ebrainpool/containers', digestOf(profileDir)) : join(profileDir, 'containers');
  const ours = {
    profileDir,
    runtimeDir,
    containersDir: isRoot ? dirname(dirname(folder)) : folder,
    home: homeOf(process.env, homedir),
    temporaryDir: tmpdir(),
  };
  const mounts = stack.use(
    await startMounts({ settings, findGuard: () => findGuard({ ...ours, env: process.env }), log }),
  );
  const containers = stack.use(await startContainers({ folder, engine, mounts, log, owner }));
  book.alsoKnow(rules.state);
  book.alsoKnow(containers.state);
  const consent = stack.use(createConsent({ settings: settings.state, rules, book, activity, log }));
  stack.defer(() => consent.denyAll('quit'));
  const channels = Object.values(createChannels({ containers, settings: settings.state }));
  const host = stack.use(
    startHostSessions({
      ...{ channels, containers, book, activity, log },
    }),
  );
  const folders = [
    { path: profileDir, wantedBytes: 16 * 1024 * 1024 },
    { path: folder, wantedBytes: 16 * 1024 * 1024 },
    // A tmpfs, small on a small computer, and what lies there is small as well.
    { path: runtimeDir, wantedBytes: 1024 * 1024 },
  ];
  health.addCheck(engine.check);
  health.addCheck(createDiskCheck(folders, log), DISK_CHECK_MS);
  health.follow(mounts.state, describeMounts);
  // What a person reads before a yes is what is so now.
  stack.defer(consent.requests.follow(({ length }) => void (length > 0 && mounts.refresh())));
  const oddities = [
    describeRoot(isRoot),
    describeDamage('settings', settings.damage),
    describeDamage('people', book.damage),
    describeDamage('rules', rules.damage),
  ];
  for (const item of oddities.flat()) health.report(item);
  health.follow(identity.place, describeKeyPlace);
  let isKeySealed = settings.state.value.isKeySealed;
  stack.defer(
    settings.state.follow((changed) => {
      if (changed.isKeySealed === isKeySealed) return;
      isKeySealed = changed.isKeySealed;
      void identity.setSealed(isKeySealed);
    }),
  );
  health.follow(activity.state, ({ problem }) => describeActivity(problem && activityDir));

  const name = () => settings.state.value.name;
  const notices = createNotices();
  const peers = stack.use(
    await startPeers({ identity, log, name, book, notices, icons: offers, defaultPort: settings.state.value.peerPort }),
  );
  const visitor = stack.use(startVisitorSessions({ identity, peers, notices, runtimeDir, activity, log }));
  const asks = stack.use(startAsks({ peers, notices, activity, log, onGranted: visitor.begin }));
  const visitors = createVisitors();
  const people = createPeople({
    ...{ book, peers, consent, rules, containers, host, visitor, activity },
    selfId: identity.id,
    disconnect: visitors.disconnect,
  });
  const comparisons = stack.use(
    createComparisons({
      ...{ selfId: identity.id, settings: settings.state, book, peers, notices, log },
      verify: people.verify,
      differ: people.differ,
    }),
  );
  const { hostSide, announceCatalogue, quit } = createHost({
    channels,
    settings: settings.state,
    offers,
    consent,
    containers,
    host,
    book,
    comparisons,
    health,
    activity,
    log,
  });
  const { peerPort: asked } = settings.state.value;
  let peerPort: PeerPort = { isOpen: false, asked, why: '' };
  const server = await startPeerServer({ identity, log, port: asked, host: hostSide, visitors }).then(
    (started) => {
      peerPort = { isOpen: true, port: started.port, asked };
      return stack.use(started);
    },
    (error: NodeJS.ErrnoException) => {
      log.error({ error: error.message }, 'the peer port could not be opened');
      peerPort = { isOpen: false, asked, why: error.message };
      return undefined;
    },
  );
  for (const source of [offers.own, settings.state, book.state]) stack.defer(source.follow(announceCatalogue));

  // Security: the digest of what anybody may see, so that it tells nobody of the rest. Its name is this computer's, and a pause takes the offers away, not the computer.
  const advert = stack.use(
    combine([settings.state, offers.publicDigest], ([{ name: ownName }, catalogueDigest]): OwnAdvert | null =>
      server === undefined
        ? null
        : { peerId: identity.id, name: ownName, protocol: PROTOCOL, port: server.port, catalogueDigest },
    ),
  );
  const discovery = stack.use(await startDiscovery({ log, own: advert, onSeen: peers.onSeen, onGone: peers.onGone }));
  health.follow(discovery.links, describeNetwork);
  health.follow(discovery.links, (links) => describePeerPort(peerPort, isOnNetwork(links)));
  const finding = stack.use(combine([discovery.problem, discovery.links], (both) => describeMulticast(...both)));
  health.follow(finding, (item) => item);
  let { isPaused: wasPaused } = settings.state.value;
  // Security: a pause ends what runs and refuses what waits.
  stack.defer(
    settings.state.follow(({ isPaused }) => {
      if (isPaused !== wasPaused) void activity.record({ event: { kind: isPaused ? 'paused' : 'resumed' } });
      wasPaused = isPaused;
      if (!isPaused) return;
      consent.denyAll('pause');
      void host.endAll('host');
    }),
  );
  void health.check();

  const self = await describeSelf(options, identity.id, settings, server?.port ?? 0, health, discovery.links);
  stack.use(self);
  // A peer that is verified or renamed meanwhile is shown so.
  const faceNow = (one: Pick<Ask, 'peerId' | 'peerName'>) =>
    book.faceOf(one.peerId, peers.claimedNameOf(one.peerId) ?? one.peerName);
  const withFace = <T extends Ask | Session | Comparison>(one: T): T => {
    const { name: peerName, isVerified, warning } = faceNow(one);
    return { ...one, peerName, isVerified, warning };
  };
  const sessions = stack.use(
    combine([host.state, visitor.state, peers.state], ([ofHost, ofVisitor]): Session[] => [
      ...ofHost,
      ...ofVisitor.map(withFace),
    ]),
  );
  const ownAsks = stack.use(combine([asks.state, peers.state], ([list]) => list.map(withFace)));
  const shownComparisons = stack.use(combine([comparisons.state, peers.state], ([list]) => list.map(withFace)));
  const parts: Parts = {
    settings,
    offers,
    peers,
    consent,
    people,
    comparisons,
    containers,
    mounts,
    host,
    asks,
    visitor,
    health,
    activity,
    logs: { read: (maxLines) => readLastLines(log.path, maxLines) },
    requestStop: () => setImmediate(stop.resolve),
  };
  const handlers = createHandlers(parts);
  const topics: TopicSources = {
    self,
    sessions,
    settings: settings.state,
    health: health.items,
    offers: offers.own,
    peers: peers.state,
    catalogues: peers.catalogues,
    requests: consent.requests,
    asks: ownAsks,
    rules: rules.state,
    containers: containers.state,
    mounts: mounts.state,
    comparisons: shownComparisons,
    activity: activity.state,
  };
  let nextClient = 1;
  const attach = (port: Port): void => {
    const client = nextClient++ as ClientId;
    port.onClose(() => {
      peers.closeAllOf(client);
      asks.unwatchAllOf(client);
      comparisons.unwatchAllOf(client);
    });
    serveContract(port, client, handlers, topics, (error, method) =>
      log.error({ method, error: String((error as Error)?.stack ?? error) }, 'bug in a method'),
    );
  };
  localSocket.serve(attach);

  /** What must be said before the end is said while there is a connection to say it on. A peer that does not listen holds nothing up. */
  async function sayGoodbye(): Promise<void> {
    log.info({}, 'core ends');
    asks.cancelAll();
    const said = Promise.all([quit(), visitor.endAll()]).then(() => server?.sayGoodbye());
    const isLate = Symbol('late');
    const ended = await Promise.race([
      said.catch((error) => log.error({ error: String((error as Error)?.stack ?? error) }, 'bug at the end')),
      sleep(GOODBYE_MS, isLate, { ref: false }),
    ]);
    if (ended === isLate) log.warn({}, 'a peer was not told of the end: it does not read, or its network is slow');
  }

  const parked = stack.move();
  return {
    attach,
    readIcon: (hash) => offers.readIcon(hash),
    openDisplay: (sessionId) => visitor.openDisplay(sessionId),
    openFile: (sessionId, name) => visitor.exchange(sessionId).open(name),
    putFile: (sessionId, name, source, sizeBytes) => visitor.exchange(sessionId).put(name, source, sizeBytes),
    stopRequested: stop.promise,
    [Symbol.asyncDispose]: async () => {
      if (parked.disposed) return;
      await sayGoodbye();
      await parked.disposeAsync();
    },
  };
}

async function describeSelf(
  options: CoreOptions,
  id: Self['id'],
  settings: SettingsPart,
  peerPort: number,
  health: Health,
  links: Followable<readonly Link[]>,
): Promise<State<Self> & Disposable> {
  const canNative = await canShowNative();
  return combine(
    [settings.state, health.items, links],
    ([{ name }, , on]): Self => ({
      id,
      name,
      version: options.version,
      peerPort,
      addresses: addressesOn(on),
      shell: options.shell,
      platform: process.platform,
      canShare: health.allows('sharing'),
      canShowNative: canNative,
      profileDir: options.profileDir,
    }),
  );
}

/** Addresses under which others can reach this computer; link-local ones are of no use to type. */
function addressesOn(links: readonly Link[]): string[] {
  return links
    .filter((link) => !link.isLoopback)
    .flatMap((link) => [...link.addresses.ipv4, ...link.addresses.ipv6])
    .filter((address) => !isLinkLocal(address));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
