// What the system says about power and the screen: a real system bus, with logind and the screen saver played by the test.
import { defineInterface } from 'dbus-native';
import { expect, it } from 'vitest';
import { nothingHappens } from '../computers/nothing-happens.ts';
import { makeRequest } from './fixture/topics.ts';
import { until, useShell } from './fixture/use-shell.ts';

const shell = useShell();

const login1 = {
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};

/** logind, as much of it as Electron looks for. It gives no inhibitor locks. */
async function startLogind(stack: AsyncDisposableStack, inhibitions: string[]) {
  const { client } = shell.desktop.bus;
  const manager = defineInterface({
    name: login1.interface,
    methods: {
      Inhibit: {
        in: { what: 's', who: 's', why: 's', mode: 's' },
        out: { lock: 's' },
        handler: ({ what }: { what: string }) => {
          inhibitions.push(what);
          throw new Error('no locks here');
        },
      },
    },
    signals: { PrepareForSleep: { args: { isStarting: 'b' } } },
  });
  stack.use(await client.export(login1.path, manager));
  stack.use(await client.ownName('org.freedesktop.login1'));
  return manager.emit;
}

async function startOnSystemBus(stack: AsyncDisposableStack) {
  const inhibitions: string[] = [];
  const emit = await startLogind(stack, inhibitions);
  await shell.start({
    args: ['--hidden'],
    env: { DBUS_SYSTEM_BUS_ADDRESS: shell.desktop.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' },
  });
  const page = await shell.ready('?window=popup');
  const isPopupVisible = () => shell.running.windows.isVisible(page);
  expect(await isPopupVisible()).toBe(false);
  // It has asked to be told in time.
  await until(() => expect(inhibitions).toContain('sleep'));
  return { emit, isPopupVisible };
}

it('ends in good order when the computer is switched off: systemd asks every program of a session to', async () => {
  await shell.start({ args: ['--hidden'] });
  await shell.ready('?window=popup');
  shell.running.process.kill('SIGTERM');
  expect(await shell.running.ended).toBe(0);
  expect(shell.calls('disposed')).toHaveLength(1);
});

it('goes on after a sleep, and nothing that waits was answered by it', async () => {
  await using stack = new AsyncDisposableStack();
  const { emit, isPopupVisible } = await startOnSystemBus(stack);
  // From here on nothing leads into its pages: a computer that falls asleep has its debugging connections closed.
  emit['PrepareForSleep']?.(true);
  emit['PrepareForSleep']?.(false);
  shell.set('requests', [makeRequest(1)]);
  await until(async () => expect(await isPopupVisible()).toBe(true));
  expect(shell.calls('requests.answer')).toEqual([]);
  expect(shell.calls('disposed')).toEqual([]);
});

it('a screen that is locked and opened again leaves what waits as it is', async () => {
  await using stack = new AsyncDisposableStack();
  const saver = defineInterface({
    name: 'org.gnome.ScreenSaver',
    signals: { ActiveChanged: { args: { isActive: 'b' } } },
  });
  stack.use(await shell.desktop.bus.client.export('/org/gnome/ScreenSaver', saver));
  stack.use(await shell.desktop.bus.client.ownName('org.gnome.ScreenSaver'));
  await shell.start({ args: ['--hidden'] });
  await shell.ready('?window=popup');
  shell.set('requests', [makeRequest(1)]);
  await until(async () => expect((await shell.look('?window=popup')).isVisible).toBe(true));
  saver.emit['ActiveChanged']?.(true);
  saver.emit['ActiveChanged']?.(false);
  await nothingHappens(300, async () => (await shell.look('?window=popup')).isVisible, true);
  expect(shell.calls('requests.answer')).toEqual([]);
  await until(async () => expect(await shell.tray.read()).not.toBeNull());
});
