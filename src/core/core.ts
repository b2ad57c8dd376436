// createCore builds every part in order: the table of contents of the product.
import { createHash } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { serveContract, type TopicSources } from '../contract/client.ts';
import type { ClientId } from '../contract/contract.ts';
import type { PeerId, Self, Session } from '../contract/models.ts';
import type { Port } from '../contract/port.ts';
import { type Catalog, startCatalog } from './catalog/catalog.ts';
import { type Consent, createConsent } from './consent/consent.ts';
import { openRules, type Rules } from './consent/rules.ts';
import { createBubblewrap } from './container/bubblewrap.ts';
import { type Containers, startContainers } from './container/container.ts';
import { createHandlers } from './handlers.ts';
import { type Health, startHealth } from './health.ts';
import { createHost } from './host.ts';
import { openIdentity } from './identity/identity.ts';
import { type FileLog, startFileLog } from './lib/log.ts';
import { makeProfile, runtimeDirOf } from './lib/places.ts';
import { readLastLines } from './lib/read-log.ts';
import { combine, type State } from './lib/state.ts';
import { startLocalSocket } from './local-socket/local-socket.ts';
import type { OwnAdvert } from './peers/advert.ts';
import { openKnownPeers } from './peers/known-peers.ts';
import { startDiscovery } from './peers/mdns.ts';
import { type Peers, startPeers } from './peers/peers.ts';
import { type Asks, startAsks } from './session/asks.ts';
import { type HostSessions, startHostSessions } from './session/host-sessions.ts';
import { canShowNative } from './session/openssh.ts';
import { startVisitorSessions, type VisitorSessions } from './session/visitor-sessions.ts';
import { type SettingsPart, startSettings } from './settings/settings.ts';
import { type NoticeValue, PROTOCOL } from './tunnel/peer-protocol.ts';
import { startPeerServer } from './tunnel/peer-server.ts';

export interface CoreOptions {
  /** Everything that lasts is below this folder; it is made when it is not there. */
  readonly profileDir: string;
  readonly shell: 'electron' | 'browser';
  readonly version: string;
}

export interface Core extends AsyncDisposable {
  /** Serves the contract on a port until it closes. */
  attach(port: Port): void;
  /** An icon by its hash, of this computer or of a peer; null when it is not known. The type is image/png or image/svg+xml. */
  readIcon(hash: string): Promise<{ type: string; bytes: Uint8Array } | null>;
  /** The RFB byte stream of a visitor's viewer session. @throws AppError `not-found`, `peer-unreachable` */
  openDisplay(sessionId: string): Promise<Duplex>;
  /** Resolves when somebody called `core.stop`; the shell then disposes the core and ends. */
  readonly stopRequested: Promise<void>;
}

/** The parts that the handlers know. */
export interface Parts {
  readonly settings: SettingsPart;
  readonly catalog: Catalog;
  readonly peers: Peers;
  readonly consent: Consent;
  readonly rules: Rules;
  readonly containers: Containers;
  readonly host: HostSessions;
  readonly asks: Asks;
  readonly visitor: VisitorSessions;
  readonly health: Health;
  readonly logs: { read(maxLines: number): Promise<readonly string[]> };
  requestStop(): void;
}

/** An account that nobody has: root's sandboxes run as this user. */
const ROOTS_SANDBOX_OWNER = { uid: 70_731, gid: 70_731 };

/**
 * Starts the core. A part that cannot work here says so in the topic `health`; the others work.
 * @throws AlreadyRunningError when a core runs with this profile; AppError `profile-unusable`, `bad-input` when the identity is damaged
 */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { profileDir } = options;
  await using stack = new AsyncDisposableStack();
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? ROOTS_SANDBOX_OWNER : null;
  const runtimeDir = runtimeDirOf(profileDir, process.env, isRoot);
  await makeProfile(profileDir);

  const log: FileLog = stack.use(startFileLog(join(profileDir, 'logs'), 'info'));
  const stop = Promise.withResolvers<void>();
  const attached: { attach: (port: Port) => void } = { attach: (port) => port.close() };
  // First of all: only one core runs with a profile, so what else is found below it is left from a crash.
  stack.use(await startLocalSocket({ profileDir, runtimeDir, log, attach: (port) => attached.attach(port) }));
  const engine = createBubblewrap({ runtimeDir, log, owner });
  await engine.endLeftovers();
  // The sandboxes' own user must get through to its sockets; what lies there is private by itself.
  if (isRoot) for (const path of [dirname(runtimeDir), runtimeDir]) await chmod(path, 0o711);

  const settings = stack.use(await startSettings({ profileDir, log }));
  stack.defer(settings.state.follow(({ logLevel }) => log.setLevel(logLevel)));
  const identity = await openIdentity(join(profileDir, 'identity'));
  log.info({ id: identity.id, version: options.version, shell: options.shell }, 'core starts');
  const catalog = stack.use(await startCatalog({ log, settings: settings.state, iconsDir: join(profileDir, 'icons') }));
  const rules = await openRules(profileDir, log);

  const folder = isRoot ? join('/var/lib/ebrainpool/containers', digestOf(profileDir)) : join(profileDir, 'containers');
  const containers = stack.use(await startContainers({ folder, engine, settings: settings.state, log, owner }));
  const isNameOfAnother = (peerId: PeerId, peerName: string) =>
    [...rules.state.value, ...containers.state.value].some(
      (other) => other.peerName === peerName && other.peerId !== peerId,
    );
  const consent = createConsent({ settings: settings.state, rules, isNameOfAnother, log });
  stack.defer(() => consent.denyAll());
  const host = stack.use(startHostSessions({ containers, log }));
  const health = startHealth({ engine, profileDir, settings, isRoot, log });

  const known = await openKnownPeers(profileDir, log);
  const name = () => settings.state.value.name;
  const peers = stack.use(
    await startPeers({ identity, log, name, known, catalog, defaultPort: settings.state.value.peerPort }),
  );
  const visitor = stack.use(startVisitorSessions({ identity, peers, runtimeDir, log }));
  const asks = stack.use(startAsks({ peers, log, onGranted: visitor.begin }));
  peers.onNotice = (notice, value, connection) => {
    if (notice === 'request.answered') asks.takeAnswer(value as NoticeValue<'request.answered'>, connection);
    if (notice === 'session.ended') visitor.takeEnd(value as NoticeValue<'session.ended'>, connection);
  };
  const { hostSide, announceCatalogue } = createHost({
    settings: settings.state,
    catalog,
    consent,
    containers,
    host,
    health,
    log,
  });
  const server = await startPeerServer({ identity, log, port: settings.state.value.peerPort, host: hostSide }).then(
    (started) => stack.use(started),
    (error: NodeJS.ErrnoException) => {
      log.error({ error: error.message }, 'the peer port could not be opened');
      health.setPort(0, error.message);
      return undefined;
    },
  );
  if (server !== undefined) health.setPort(server.port, null);
  stack.defer(catalog.digest.follow(announceCatalogue));

  // The digest of what a peer may see; its name is this computer's, and a pause takes the offers away, not the computer.
  const advert = stack.use(
    combine([settings.state, catalog.digest], ([{ name: ownName }, catalogueDigest]): OwnAdvert | null =>
      server === undefined
        ? null
        : { peerId: identity.id, name: ownName, protocol: PROTOCOL, port: server.port, catalogueDigest },
    ),
  );
  const discovery = stack.use(await startDiscovery({ log, own: advert, onSeen: peers.onSeen, onGone: peers.onGone }));
  stack.defer(discovery.problem.follow((problem) => health.setMulticast(problem)));
  // Security: a pause ends what runs and refuses what waits.
  stack.defer(
    settings.state.follow(({ isPaused }) => {
      if (!isPaused) return;
      consent.denyAll();
      void host.endAll('host');
    }),
  );
  void health.check();

  const self = await describeSelf(options, identity.id, settings, server?.port ?? 0, health);
  stack.use(self);
  const sessions = stack.use(
    combine([host.state, visitor.state], ([ofHost, ofVisitor]): Session[] => [...ofHost, ...ofVisitor]),
  );
  const parts: Parts = {
    settings,
    catalog,
    peers,
    consent,
    rules,
    containers,
    host,
    asks,
    visitor,
    health,
    logs: { read: (maxLines) => readLastLines(log.path, maxLines) },
    requestStop: () => setImmediate(stop.resolve),
  };
  const handlers = createHandlers(parts);
  const topics = {
    self,
    sessions,
    settings: settings.state,
    health: health.items,
    offers: catalog.offers,
    peers: peers.state,
    catalogues: peers.catalogues,
    requests: consent.requests,
    asks: asks.state,
    rules: rules.state,
    containers: containers.state,
  } as unknown as TopicSources;
  let nextClient = 1;
  attached.attach = (port) => {
    const client = nextClient++ as ClientId;
    port.onClose(() => {
      peers.closeAllOf(client);
      asks.unwatchAllOf(client);
    });
    serveContract(port, client, handlers, topics, (error, method) =>
      log.error({ method, error: String((error as Error)?.stack ?? error) }, 'bug in a method'),
    );
  };

  const parked = stack.move();
  return {
    attach: (port) => attached.attach(port),
    readIcon: (hash) => catalog.readIcon(hash),
    openDisplay: (sessionId) => visitor.openDisplay(sessionId),
    stopRequested: stop.promise,
    [Symbol.asyncDispose]: () => parked.disposeAsync(),
  };
}

async function describeSelf(
  options: CoreOptions,
  id: Self['id'],
  settings: SettingsPart,
  peerPort: number,
  health: Health,
): Promise<State<Self> & Disposable> {
  const canNative = await canShowNative();
  return combine(
    [settings.state, health.items],
    ([{ name }]): Self => ({
      id,
      name,
      version: options.version,
      peerPort,
      addresses: ownAddresses(),
      shell: options.shell,
      platform: process.platform,
      canShare: health.canShare(),
      canShowNative: canNative,
      profileDir: options.profileDir,
    }),
  );
}

/** Addresses under which others can reach this computer; link-local ones are of no use to type. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((address) => !address.internal && !address.address.startsWith('fe80:'))
    .map((address) => address.address);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
