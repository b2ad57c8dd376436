// What the status icon shows and offers, out of the state of the core; tray.ts draws it.

import type { Client } from '../contract/client.ts';
import type { Comparison } from '../contract/comparisons.ts';
import type { Request } from '../contract/consent.ts';
import type { RequestId } from '../contract/ids.ts';
import type { Powers } from '../contract/powers.ts';
import { hasPower } from '../contract/powers.ts';
import type { Session } from '../contract/sessions.ts';
import type { Settings } from '../contract/settings.ts';
import { powerNames } from '../contract/views.ts';
import { say } from '../messages/messages.ts';
import { type Party, peerLabel } from '../messages/peer-label.ts';

export type TrayState = 'idle' | 'waiting' | 'in-use' | 'paused';

export interface TrayFacts {
  readonly requests: readonly Request[];
  readonly comparisons: readonly Comparison[];
  readonly sessions: readonly Session[];
  readonly settings: Pick<Settings, 'isPaused' | 'isDoNotDisturb'>;
}

export interface TrayActions {
  readonly call: Client['call'];
  readonly answer: (requestId: RequestId, answer: 'allow' | 'deny') => void;
  readonly open: () => void;
  readonly openPopup: () => void;
  readonly quit: () => void;
}

/** The part of Electron's menu template that the tray uses. */
export interface TrayMenuItem {
  readonly label?: string;
  readonly type?: 'separator' | 'checkbox';
  readonly checked?: boolean;
  readonly enabled?: boolean;
  readonly click?: () => void;
  readonly submenu?: TrayMenuItem[];
}

/** What matters most to the person comes first: an answer that is due, then that somebody is using this computer. */
export function trayStateOf({ requests, comparisons, sessions, settings }: TrayFacts): TrayState {
  if (requests.length > 0 || toCompare(comparisons).length > 0) return 'waiting';
  if (hosted(sessions).length > 0) return 'in-use';
  return settings.isPaused ? 'paused' : 'idle';
}

export function trayTooltip(facts: TrayFacts): string {
  const state = trayStateOf(facts);
  const count = facts.requests.length;
  if (state === 'waiting') return count > 0 ? say('shell.tray.waiting', { count }) : say('shell.tray.comparing');
  if (state === 'in-use') return say('shell.tray.inUse', { count: hosted(facts.sessions).length });
  return say(`shell.tray.${state}`);
}

export function trayMenu(facts: TrayFacts, { call, answer, open, openPopup, quit }: TrayActions): TrayMenuItem[] {
  const separator: TrayMenuItem = { type: 'separator' };
  const { isPaused, isDoNotDisturb } = facts.settings;
  const requests = facts.requests.map(
    (request): TrayMenuItem => ({
      label: label('shell.tray.request', request, request.offer.name),
      submenu: [
        // Security: what a yes gives is said where the yes is.
        { label: say('shell.tray.mayTouch', { powers: sayPowers(request.powers) }), enabled: false },
        { label: say('shell.tray.once'), click: () => answer(request.id, 'allow') },
        { label: say('shell.tray.deny'), click: () => answer(request.id, 'deny') },
      ],
    }),
  );
  // Security: no code and no answer here: who answers must look at both screens.
  const comparisons = toCompare(facts.comparisons).map(
    (comparison): TrayMenuItem => ({ label: label('shell.tray.compare', comparison), click: openPopup }),
  );
  const waiting = [...requests, ...comparisons];
  const sessions = running(facts.sessions).map(
    (session): TrayMenuItem => ({
      label: label(session.role === 'host' ? 'shell.tray.hosted' : 'shell.tray.visited', session, session.offer.name),
      submenu: [{ label: say('shell.tray.end'), click: () => void call('sessions.end', { sessionId: session.id }) }],
    }),
  );
  if (hosted(facts.sessions).length > 1) {
    sessions.push({ label: say('shell.tray.endAll'), click: () => void call('sessions.endAll', {}) });
  }
  return [
    ...(waiting.length > 0 ? [...waiting, separator] : []),
    ...(sessions.length > 0 ? [...sessions, separator] : []),
    {
      label: say('shell.tray.pause'),
      type: 'checkbox',
      checked: isPaused,
      click: () => void call('settings.update', { isPaused: !isPaused }),
    },
    {
      label: say('shell.tray.doNotDisturb'),
      type: 'checkbox',
      checked: isDoNotDisturb,
      click: () => void call('settings.update', { isDoNotDisturb: !isDoNotDisturb }),
    },
    { label: say('shell.tray.open'), click: open },
    separator,
    { label: say('shell.tray.quit'), click: quit },
  ];
}

function sayPowers(powers: Powers): string {
  const words = [
    ...powerNames.filter((name) => hasPower(powers, name)).map((name) => say(`shell.power.${name}`)),
    ...(powers.isViewOnly ? [say('shell.power.isViewOnly')] : []),
    ...(powers.timeLimitMin === null ? [] : [say('shell.power.timeLimit', { count: powers.timeLimitMin })]),
  ];
  return words.length === 0 ? say('shell.power.nothing') : words.join(', ');
}

function label(key: string, party: Party, offer = ''): string {
  const text = say(key, { peer: peerLabel(party), offer });
  // Security: names come from peers. No line breaks or text that runs backwards, and `&` is no access key.
  return text
    .replace(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .replaceAll('&', '&&')
    .slice(0, 160);
}

/** Codes that another person wishes to compare now. */
function toCompare(comparisons: readonly Comparison[]): readonly Comparison[] {
  return comparisons.filter(({ role, code }) => role === 'asked' && code !== null);
}

function running(sessions: readonly Session[]): Session[] {
  return sessions.filter(({ state }) => state !== 'ended');
}

function hosted(sessions: readonly Session[]): Session[] {
  return running(sessions).filter(({ role }) => role === 'host');
}
