// What the person at an attacked computer does meanwhile, over the contract: answers, looks, and cleans up.

import { sandboxProcesses } from '../../lab/processes.ts';
import type { RequestId } from '../../src/contract/ids.ts';
import type { Computer } from '../computers/computer.ts';
import { expect, soon } from '../computers/fixtures.ts';

export async function allow(host: Computer, requestId: string, lasts: 'once' | 'until-quit' = 'once'): Promise<void> {
  await (await host.core()).call('requests.answer', { requestId: requestId as RequestId, answer: 'allow', lasts });
}

export async function deny(host: Computer, requestId: string): Promise<void> {
  await (await host.core()).call('requests.answer', { requestId: requestId as RequestId, answer: 'deny' });
}

/** What runs of others on this computer. */
export async function hosted(host: Computer) {
  return ((await host.core()).read('sessions') ?? []).filter(({ role, state }) => role === 'host' && state !== 'ended');
}

/** Answers no to everything, ends everything, removes rules and lets go of everybody that was blocked. */
export async function tidyUp(host: Computer): Promise<void> {
  const core = await host.core();
  await core.call('settings.update', { isPaused: false });
  for (const { id } of core.read('rules') ?? []) await core.call('rules.remove', { ruleId: id });
  for (const { id } of core.read('requests') ?? [])
    await core.call('requests.answer', { requestId: id, answer: 'deny' }).catch(() => {});
  await core.call('sessions.endAll', {});
  for (const { id, isBlocked } of core.read('peers') ?? [])
    if (isBlocked) await core.call('peers.block', { peerId: id, isBlocked: false });
  await soon(() => sandboxProcesses(host.host)).toEqual([]);
}

/** It answers its own person, and nothing went wrong in it that is a bug. */
export async function expectWell(host: Computer): Promise<void> {
  const { out, code } = await host.cli('status');
  expect(code, out).toBe(0);
  const { out: log } = await host.cli('logs');
  expect(log).not.toMatch(/bug in a/);
}
