// The requests that wait for an answer, the oldest first, one at a time; made small they are a button that counts down.
import { UnstyledButton } from '@mantine/core';
import { IconBellRinging } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber, formatSeconds } from '../lib/format.ts';
import { useNow, useTopic } from '../use-core.tsx';
import { RequestCard } from './request-card.tsx';
import { useRequestKey } from './use-request-key.ts';

/** @param isAlone whether they are all that the window shows, so that making them small gains nothing */
export function RequestQueue({ isAlone }: { isAlone: boolean }) {
  const requests = useTopic('requests');
  const box = useRef<HTMLDivElement>(null);
  const seenIds = useRef(new Set<string>());
  /** What was made small: whatever comes later is shown as it is. */
  const [small, setSmall] = useState<ReadonlySet<string>>(new Set());
  const waiting = [...requests].sort((a, b) => a.askedAt - b.askedAt);
  const current = waiting[0];
  const isSmall = waiting.every(({ id }) => small.has(id));
  const { comeBack, leave } = useRequestKey(box, () => setSmall(new Set()));

  // "1 of 3" goes on to "2 of 3" while the queue is worked off, and starts over when it is empty.
  const seen = seenIds.current;
  for (const request of waiting) seen.add(request.id);
  const total = seen.size;
  useEffect(() => {
    if (current === undefined) seenIds.current.clear();
  }, [current]);

  // Empty it stays: what comes into a live region that is there already is read out.
  if (current === undefined) return <div className="request-queue" aria-live="assertive" />;
  const shrink = () => {
    setSmall(new Set(waiting.map(({ id }) => id)));
    leave();
  };
  return (
    <div className="request-queue" ref={box} aria-live={isSmall ? 'off' : 'assertive'}>
      {isSmall && (
        <ShrunkRequests
          count={waiting.length}
          expiresAt={Math.min(...waiting.map(({ expiresAt }) => expiresAt))}
          onOpen={comeBack}
        />
      )}
      {/* The key makes each request arm its buttons anew. */}
      <RequestCard
        key={current.id}
        request={current}
        position={total - waiting.length + 1}
        count={total}
        isSmall={isSmall}
        onShrink={isAlone ? null : shrink}
      />
    </div>
  );
}

function ShrunkRequests({ count, expiresAt, onOpen }: { count: number; expiresAt: number; onOpen: () => void }) {
  const { t } = useTranslation();
  const now = useNow(500);
  const time = formatSeconds(Math.max(0, Math.ceil((expiresAt - now) / 1000)));
  return (
    <UnstyledButton className="request-shrunk" aria-keyshortcuts="F6" onClick={onOpen}>
      <IconBellRinging size={18} aria-hidden />
      {t('ui.request.shrunk', { count, formatted: formatNumber(count), time })}
    </UnstyledButton>
  );
}
