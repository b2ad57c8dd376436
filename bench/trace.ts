// When each step of a launch happened, for those who want to know what it spends its time on (`--trace`).
import type { Computer } from './computers.ts';

export interface Trace {
  begin(): void;
  end(what: string, startedAt: number, more: readonly (readonly [string, number])[]): void;
}

/** Follows the topics of both cores. */
export function startTrace(alice: Computer, bob: Computer): Trace {
  let events: (readonly [string, number])[] = [];
  const note = (what: string) => events.push([what, performance.now()]);
  for (const { host, client } of [alice, bob]) {
    client.follow('requests', (requests) => note(`${host}: ${requests.length} requests`));
    client.follow('asks', (asks) => note(`${host}: asks ${asks.map(({ state }) => state).join(' ')}`));
    client.follow('sessions', (sessions) => note(`${host}: sessions ${sessions.map(({ state }) => state).join(' ')}`));
    client.follow('containers', (containers) =>
      note(`${host}: containers ${containers.map(({ state }) => state).join(' ')}`),
    );
  }
  return {
    begin: () => {
      events = [];
    },
    end: (what, startedAt, more) => {
      const lines = [...events, ...more]
        .toSorted((one, other) => one[1] - other[1])
        .map(([name, at]) => `  ${(at - startedAt).toFixed(1).padStart(8)} ms  ${name}`);
      console.error(`${what}:\n${lines.join('\n')}`);
    },
  };
}
