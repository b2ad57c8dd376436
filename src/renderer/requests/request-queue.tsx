// The requests that wait for an answer, the oldest first, one at a time.
import { useEffect, useRef } from 'react';
import { useTopic } from '../use-core.tsx';
import { RequestCard } from './request-card.tsx';

export function RequestQueue() {
  const requests = useTopic('requests');
  const seenIds = useRef(new Set<string>());
  const waiting = [...requests].sort((a, b) => a.askedAt - b.askedAt);
  const current = waiting[0];

  // "1 of 3" goes on to "2 of 3" while the queue is worked off, and starts over when it is empty.
  const seen = seenIds.current;
  for (const request of waiting) seen.add(request.id);
  const total = seen.size;
  useEffect(() => {
    if (current === undefined) seenIds.current.clear();
  }, [current]);

  if (current === undefined) return null;
  // The key makes each request arm its buttons anew.
  return <RequestCard key={current.id} request={current} position={total - waiting.length + 1} count={total} />;
}
