// A session with powers, without the clicks that other specs are about.
import type { OfferId, SessionId } from '../../src/contract/ids.ts';
import type { Powers } from '../../src/contract/powers.ts';
import { noPowers } from '../../src/contract/powers.ts';
import type { Viewer } from '../pages/viewer.ts';
import type { Computer } from './computer.ts';
import { soon } from './fixtures.ts';

/** The part of a page's world that is used here: this is not a world with a DOM. */
interface Window {
  open(url: string): unknown;
}

export interface OpenedSession {
  readonly viewer: Viewer;
  readonly atVisitor: SessionId;
  readonly atHost: SessionId;
}

/** The visitor asks with these powers, the host allows them (or fewer), and the visitor’s viewer shows it. */
export async function openSession(
  visitor: Computer,
  host: Computer,
  app: string,
  asked: Partial<Powers>,
  given: Partial<Powers> = asked,
): Promise<OpenedSession> {
  const [here, there] = await Promise.all([visitor.core(), host.core()]);
  await (await visitor.mainPage()).openPeer(host.name);
  const peerId = here.read('peers')?.find(({ name }) => name === host.name)?.id;
  if (peerId === undefined) throw new Error(`${host.name} is not there`);
  // A computer that has just started offers its applications a moment later.
  await soon(() => here.read('catalogues')?.[peerId]?.some(({ id }) => id === `app:${app}`)).toBe(true);
  const { askId } = await here.call('asks.create', {
    peerId,
    offerId: `app:${app}` as OfferId,
    view: 'viewer',
    powers: { ...noPowers, ...asked },
  });
  // An ask that comes to nothing says why.
  const problem = () => here.read('asks')?.find(({ id }) => id === askId)?.problem?.code;
  await soon(() => problem() ?? there.read('requests')?.length).toBe(1);
  const requestId = there.read('requests')?.[0]?.id;
  if (requestId === undefined) throw new Error('no request');
  await there.call('requests.answer', { requestId, answer: 'allow', powers: { ...noPowers, ...given } });
  const sessionOf = () => here.read('asks')?.find(({ id }) => id === askId)?.sessionId ?? null;
  await soon(sessionOf).not.toBeNull();
  const atVisitor = sessionOf();
  const sessionThere = () =>
    there.read('sessions')?.find(({ role, state }) => role === 'host' && state !== 'ended')?.id;
  await soon(sessionThere).toBeDefined();
  const atHost = sessionThere();
  if (atHost === undefined || atVisitor === null) throw new Error('no session');
  const main = await visitor.mainPage();
  const viewer = await main.openViewer(() =>
    main.page.evaluate((id) => void (globalThis as unknown as Window).open(`/?window=viewer&session=${id}`), atVisitor),
  );
  await viewer.running();
  return { viewer, atVisitor, atHost };
}
