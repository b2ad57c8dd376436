// What the status icon shows and offers, out of the state of the core; tray.ts draws it.
import type { Client } from '../contract/client.ts';
import type { Request, Session, Settings } from '../contract/models.ts';
import { say } from '../messages/messages.ts';

export type TrayState = 'idle' | 'waiting' | 'in-use' | 'paused';

export interface TrayFacts {
  readonly requests: readonly Request[];
  readonly sessions: readonly Session[];
  readonly settings: Pick<Settings, 'isPaused'>;
}

export interface TrayActions {
  readonly call: Client['call'];
  readonly open: () => void;
  readonly quit: () => void;
}

/** The part of Electron's menu template that the tray uses. */
export interface TrayMenuItem {
  readonly label?: string;
  readonly type?: 'separator' | 'checkbox';
  readonly checked?: boolean;
  readonly click?: () => void;
  readonly submenu?: TrayMenuItem[];
}

/** What matters most to the person comes first: an answer that is due, then that somebody is using this computer. */
export function trayStateOf({ requests, sessions, settings }: TrayFacts): TrayState {
  if (requests.length > 0) return 'waiting';
  if (hosted(sessions).length > 0) return 'in-use';
  return settings.isPaused ? 'paused' : 'idle';
}

export function trayTooltip(facts: TrayFacts): string {
  const state = trayStateOf(facts);
  if (state === 'waiting') return say('shell.tray.waiting', { count: facts.requests.length });
  if (state === 'in-use') return say('shell.tray.inUse', { count: hosted(facts.sessions).length });
  return say(`shell.tray.${state}`);
}

export function trayMenu(facts: TrayFacts, { call, open, quit }: TrayActions): TrayMenuItem[] {
  const separator: TrayMenuItem = { type: 'separator' };
  const isPaused = facts.settings.isPaused;
  const requests = facts.requests.map(
    (request): TrayMenuItem => ({
      label: label('shell.tray.request', request),
      submenu: [
        {
          label: say('shell.tray.once'),
          click: () => void call('requests.answer', { requestId: request.id, answer: 'once' }),
        },
        {
          label: say('shell.tray.deny'),
          click: () => void call('requests.answer', { requestId: request.id, answer: 'deny' }),
        },
      ],
    }),
  );
  const sessions = running(facts.sessions).map(
    (session): TrayMenuItem => ({
      label: label(session.role === 'host' ? 'shell.tray.hosted' : 'shell.tray.visited', session),
      submenu: [{ label: say('shell.tray.end'), click: () => void call('sessions.end', { sessionId: session.id }) }],
    }),
  );
  if (hosted(facts.sessions).length > 1) {
    sessions.push({ label: say('shell.tray.endAll'), click: () => void call('sessions.endAll', {}) });
  }
  return [
    ...(requests.length > 0 ? [...requests, separator] : []),
    ...(sessions.length > 0 ? [...sessions, separator] : []),
    {
      label: say('shell.tray.pause'),
      type: 'checkbox',
      checked: isPaused,
      click: () => void call('settings.update', { isPaused: !isPaused }),
    },
    { label: say('shell.tray.open'), click: open },
    separator,
    { label: say('shell.tray.quit'), click: quit },
  ];
}

/** Who asks or uses, as a person should read it: a name that was not verified is never shown bare. */
export function peerLabel({ peerName, isVerified }: Pick<Request, 'peerName' | 'isVerified'>): string {
  return isVerified ? peerName : say('shell.unverified', { peer: peerName });
}

function label(key: string, party: Request | Session): string {
  const text = say(key, { peer: peerLabel(party), offer: party.offer.name });
  // Security: names come from peers. No line breaks or text that runs backwards, and `&` is no access key.
  return text
    .replace(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .replaceAll('&', '&&')
    .slice(0, 160);
}

function running(sessions: readonly Session[]): Session[] {
  return sessions.filter(({ state }) => state !== 'ended');
}

function hosted(sessions: readonly Session[]): Session[] {
  return running(sessions).filter(({ role }) => role === 'host');
}
