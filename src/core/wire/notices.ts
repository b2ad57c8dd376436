// What hosts tell this computer, led to the part that it is for: a part registers for its notices, and nothing else knows of them.
import type { HostConnection } from './peer-client.ts';
import type { HostNotice, NoticeValue } from './peer-protocol.ts';

export type NoticeTaker<N extends HostNotice> = (value: NoticeValue<N>, connection: HostConnection) => void;

export interface Notices {
  /** @throws Error for a notice that another part takes */
  on<N extends HostNotice>(notice: N, take: NoticeTaker<N>): void;
  /** Hands it to its part; one that no part takes is dropped. */
  take<N extends HostNotice>(notice: N, value: NoticeValue<N>, connection: HostConnection): void;
}

export function createNotices(): Notices {
  const takers = new Map<HostNotice, NoticeTaker<never>>();
  return {
    on: (notice, take) => {
      if (takers.has(notice)) throw new Error(`${notice} is taken by another part`);
      takers.set(notice, take);
    },
    take: (notice, value, connection) => takers.get(notice)?.(value as never, connection),
  };
}
