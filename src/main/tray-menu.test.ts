import { describe, expect, test } from 'vitest';
import type { Client } from '../contract/client.ts';
import { comparisonSchema } from '../contract/comparisons.ts';
import { type Request, requestSchema } from '../contract/consent.ts';
import { noPowers } from '../contract/powers.ts';
import { sessionSchema } from '../contract/sessions.ts';
import { type TrayActions, type TrayFacts, trayMenu, trayStateOf, trayTooltip } from './tray-menu.ts';

const quiet: TrayFacts = {
  requests: [],
  comparisons: [],
  sessions: [],
  settings: { isPaused: false, isDoNotDisturb: false },
};

function menuOf(facts: TrayFacts) {
  const calls: { method: string; input: unknown }[] = [];
  const call = ((method: string, input: unknown) => {
    calls.push({ method, input });
    return Promise.resolve({});
  }) as Client['call'];
  const answer: TrayActions['answer'] = (requestId, given) => calls.push({ method: given, input: requestId });
  const openPopup = () => calls.push({ method: 'pop-up', input: null });
  return { calls, items: trayMenu(facts, { call, answer, open: () => {}, openPopup, quit: () => {} }) };
}

describe('the menu of the status icon', () => {
  test.each([false, true])('switches pause and do not disturb, each by itself; on is %s', (isOn) => {
    const { calls, items } = menuOf({ ...quiet, settings: { isPaused: false, isDoNotDisturb: isOn } });
    const at = items.findIndex((item) => item.label === 'Do not disturb');
    expect(items[at - 1]?.label).toBe('Pause sharing');
    expect([items[at - 1]?.checked, items[at]?.checked]).toEqual([false, isOn]);
    items[at]?.click?.();
    items[at - 1]?.click?.();
    expect(calls).toEqual([
      { method: 'settings.update', input: { isDoNotDisturb: !isOn } },
      { method: 'settings.update', input: { isPaused: true } },
    ]);
  });

  test.each([
    [{ role: 'host' }, 'Alice (not verified, not the one that you know) uses X'],
    [{ role: 'visitor', isVerified: true }, 'X on Alice (not the one that you know)'],
  ])('says of a session with whom it is: %o', (part, label) => {
    const session = sessionSchema.parse({
      id: crypto.randomUUID(),
      peerId: `SHA256:${'a'.repeat(43)}`,
      peerName: 'Alice',
      isVerified: false,
      warning: 'name-of-another',
      offer: { id: 'app:x', kind: 'app', name: 'X', summary: '', categories: [], keywords: [], icon: null },
      view: 'viewer',
      state: 'running',
      startedAt: 1,
      endedAt: null,
      endReason: null,
      exitCode: null,
      bytesToHost: 0,
      bytesToVisitor: 0,
      sshCommand: null,
      problem: null,
      powers: noPowers,
      endsAt: null,
      windows: [],
      closing: 'no',
      maxUploadBytes: null,
      lastWords: [],
      ...part,
    });
    const { items } = menuOf({ ...quiet, sessions: [session] });
    expect(items[0]?.label).toBe(label);
  });

  test('says what a yes would give, above the yes', () => {
    const request = requestSchema.parse({
      id: crypto.randomUUID(),
      peerId: `SHA256:${'a'.repeat(43)}`,
      peerName: 'Al\u202eice & Co',
      isVerified: false,
      offer: { id: 'app:x', kind: 'app', name: 'X', summary: '', categories: [], keywords: [], icon: null },
      ownSandbox: 'off',
      view: 'viewer',
      powers: { ...noPowers, clipboardOut: true, timeLimitMin: 15 },
      askedAt: 1,
      expiresAt: 2,
      warning: null,
      ruleNote: null,
      mounts: [],
    });
    const { calls, items } = menuOf({ ...quiet, requests: [request] });
    expect(items[0]?.label).toBe('Al ice && Co (not verified) asks for X');
    expect(items[0]?.submenu?.map(({ label, enabled }) => [label, enabled])).toEqual([
      ['May touch: copy out of it, at most 15 min', false],
      ['Allow once', undefined],
      ['Deny', undefined],
    ]);
    items[0]?.submenu?.[1]?.click?.();
    expect(calls).toEqual([{ method: 'allow', input: request.id }]);
    const pretender: Request = { ...request, peerName: 'Alice', isVerified: true, warning: 'name-of-another' };
    const [warned] = menuOf({ ...quiet, requests: [pretender] }).items;
    expect(warned?.label).toBe('Alice (not the one that you know) asks for X');
  });

  test('a code to compare waits like a request, and a click on it shows the pop-up and answers nothing', () => {
    const comparison = comparisonSchema.parse({
      peerId: `SHA256:${'a'.repeat(43)}`,
      peerName: 'Al\u202eice & Co',
      isVerified: false,
      warning: null,
      role: 'asked',
      state: 'comparing',
      code: '123456',
      expiresAt: 2,
      problem: null,
    });
    const facts = { ...quiet, comparisons: [comparison] };
    expect([trayStateOf(facts), trayTooltip(facts)]).toEqual([
      'waiting',
      'eBrainPool: somebody wants to compare a code with you',
    ]);
    const { calls, items } = menuOf(facts);
    expect([items[0]?.label, items[0]?.submenu]).toEqual([
      'Al ice && Co (not verified) wants to compare a code…',
      undefined,
    ]);
    items[0]?.click?.();
    expect(calls).toEqual([{ method: 'pop-up', input: null }]);
    // Only what others began, and is still open, waits for this person.
    const others = [
      { ...comparison, role: 'asking' as const },
      { ...comparison, state: 'verified' as const, code: null },
    ];
    expect(trayStateOf({ ...quiet, comparisons: others })).toBe('idle');
    expect(menuOf({ ...quiet, comparisons: others }).items[0]?.label).toBe('Pause sharing');
  });
});
