// The lines of the history that are shown: the newest ones, and as many earlier ones as were asked for.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ActivityEntry, ActivityFilter } from '../../contract/activity.ts';
import { tellProblem, useConnectionEpoch, useCore, useTopic } from '../use-core.tsx';

const PAGE = 100;

interface Shown {
  readonly filter: ActivityFilter;
  readonly entries: readonly ActivityEntry[];
  readonly total: number;
  /** Whether there are earlier ones. */
  readonly hasMore: boolean;
}

export function useHistory(filter: ActivityFilter) {
  const core = useCore();
  const epoch = useConnectionEpoch();
  const { lastSeq } = useTopic('activity');
  const [shown, setShown] = useState<Shown | null>(null);
  const [isReading, setReading] = useState(false);
  /** Answers to older questions are not shown. */
  const latest = useRef(0);

  const read = useCallback(
    async (beforeSeq: number | undefined) => {
      latest.current += 1;
      const question = latest.current;
      setReading(true);
      try {
        const page = await core.call('activity.read', { ...filter, limit: PAGE, ...(beforeSeq && { beforeSeq }) });
        if (question !== latest.current) return;
        setShown((before) => {
          const kept = before?.filter === filter ? before : null;
          const hasMore = page.entries.length === PAGE;
          if (beforeSeq !== undefined) {
            return { filter, entries: [...(kept?.entries ?? []), ...page.entries], total: page.total, hasMore };
          }
          // What was shown further down stays, where the newest page reaches it.
          const oldest = page.entries.at(-1)?.seq ?? 0;
          const isJoined = kept !== null && hasMore && (kept.entries[0]?.seq ?? 0) >= oldest;
          const earlier = isJoined ? kept.entries.filter(({ seq }) => seq < oldest) : [];
          return {
            filter,
            entries: [...page.entries, ...earlier],
            total: page.total,
            hasMore: earlier.length > 0 ? (kept?.hasMore ?? false) : hasMore,
          };
        });
      } catch (error) {
        if (question === latest.current) tellProblem(error);
      } finally {
        if (question === latest.current) setReading(false);
      }
    },
    [core, filter],
  );

  // New lines and a new connection are reasons to read again.
  useEffect(() => {
    void read(undefined);
  }, [read, lastSeq, epoch]);

  const last = shown?.entries.at(-1)?.seq;
  return {
    /** Null before the first answer. */
    entries: shown?.entries ?? null,
    total: shown?.total ?? 0,
    hasMore: shown?.hasMore ?? false,
    isReading,
    readMore: () => void (last !== undefined && read(last)),
  };
}
