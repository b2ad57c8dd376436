// Buttons of a notification: what is clicked answers what the notification was about, and only after it could be read.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ARMING_MS } from '../../src/contract/arming.ts';
import type { Client } from '../../src/contract/client.ts';
import type { Request } from '../../src/contract/consent.ts';
import { startNotifications } from '../../src/main/notifications.ts';
import { makeRequest } from '../electron/fixture/topics.ts';

/** Electron's, of the systems on which they have buttons. Those of Linux are real ones: e2e/electron/popup.test.ts. */
const { Notification } = await vi.hoisted(async () => {
  const { EventEmitter } = await import('node:events');
  class Notification extends EventEmitter {
    static readonly all: Notification[] = [];
    static isSupported = () => true;
    isShown = false;

    constructor() {
      super();
      Notification.all.push(this);
    }

    show(): void {
      this.isShown = true;
    }

    close(): void {
      this.isShown = false;
    }
  }
  return { Notification };
});
vi.mock('electron', () => ({ Notification }));

const [first, second] = [makeRequest(1), makeRequest(2)] as [Request, Request];

function start() {
  const listeners = new Map<string, (value: unknown) => void>();
  const calls: unknown[] = [];
  const client = {
    read: (topic: string) => (topic === 'settings' ? { hasNotifications: true } : []),
    follow: (topic: string, listener: (value: unknown) => void) => {
      listeners.set(topic, listener);
      return () => listeners.delete(topic);
    },
    call: async (_method: string, input: unknown) => {
      calls.push(input);
      return {};
    },
  } as unknown as Client;
  const openPopup = vi.fn();
  const stopping = startNotifications({ client, iconPath: '', openPopup, onFailure: () => {} });
  return { calls, openPopup, stopping, setRequests: (requests: Request[]) => listeners.get('requests')?.(requests) };
}

const platform = Object.getOwnPropertyDescriptor(process, 'platform');
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  Notification.all.length = 0;
  // Where notifications have buttons.
  Object.defineProperty(process, 'platform', { value: 'darwin' });
});
afterEach(() => {
  vi.useRealTimers();
  if (platform !== undefined) Object.defineProperty(process, 'platform', platform);
});

test('“Allow once” of a notification is clicked in the moment in which it appears', () => {
  const { calls, openPopup, setRequests, stopping } = start();
  setRequests([first]);
  Notification.all[0]?.emit('action', { actionIndex: 0 });
  vi.advanceTimersByTime(ARMING_MS - 1);
  Notification.all[0]?.emit('action', { actionIndex: 0 });
  expect(calls).toEqual([]);
  expect(openPopup).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1);
  Notification.all[0]?.emit('action', { actionIndex: 0 });
  expect(calls).toEqual([{ requestId: first.id, answer: 'allow' }]);
  stopping[Symbol.dispose]();
});

test('a notification is clicked that was replaced by the one of another request', () => {
  const { calls, setRequests, stopping } = start();
  setRequests([first]);
  setRequests([second]);
  vi.advanceTimersByTime(ARMING_MS);
  expect(Notification.all.map(({ isShown }) => isShown)).toEqual([false, true]);
  Notification.all[0]?.emit('action', { actionIndex: 0 });
  // The core knows no such request any more: nothing is allowed in its place.
  expect(calls).toEqual([{ requestId: first.id, answer: 'allow' }]);
  stopping[Symbol.dispose]();
});
