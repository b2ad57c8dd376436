// `ebp status` against a core on a real Unix socket.
import { describe, expect, test } from 'vitest';
import { called, core, ebp, useCore } from '../ebp.test-support.ts';

useCore();

describe('ebp status', () => {
  test('is 0 when nothing is missing', async () => {
    const { code, out } = await ebp(['status']);
    expect(code).toBe(0);
    expect(out).toContain('Alice’s laptop, eBrainPool 0.1.0 (browser)');
    expect(out).toContain('Sharing:   on, one offer');
    expect(out).toContain('Nothing is missing.');
    expect(called('health.check')).toHaveLength(1);
  });

  test('is 3 when something is, and shows the command', async () => {
    core.set('health', [{ id: 'sshd', level: 'error', params: {}, command: 'sudo apt install openssh-server' }]);
    const { code, out } = await ebp(['status']);
    expect(code).toBe(3);
    expect(out).toContain('mend it with: sudo apt install openssh-server');
    const json = await ebp(['status', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      self: { name: 'Alice’s laptop' },
      health: [{ id: 'sshd' }],
      isPaused: false,
    });
    expect(json.code).toBe(3);
  });

  test('says one thing about a computer that is on no network', async () => {
    const params = { context: 'offline' };
    core.set('health', [
      { id: 'port', level: 'ok', params: { ...params, port: 20101 }, command: null },
      { id: 'multicast', level: 'ok', params, command: null },
      { id: 'network', level: 'warning', params: {}, command: null },
    ]);
    const { code, out } = await ebp(['status']);
    expect(code).toBe(0);
    expect(out).toContain('Address:   none, this computer is on no network now');
    expect(out).toContain('Port 20101 is open. Other computers can reach it once this one is on a network.');
    expect(out).toContain('Once this computer is on a network, others there find it by themselves');
    expect(out).not.toMatch(/open for other computers|Computers on the same network find/);
  });
});
