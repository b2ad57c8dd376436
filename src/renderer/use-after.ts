// Whether something has been so for a while: for what is said, or can be pressed, only then.
import { useEffect, useState } from 'react';

/** A second press of a double click is no answer to what has come under it. */
export const ARMED_AFTER_MS = 1000;

/** True when it has been so for this long. */
export function useAfter(isSo: boolean, afterMs: number): boolean {
  const [isAfter, setAfter] = useState(false);
  useEffect(() => {
    setAfter(false);
    if (!isSo) return;
    const timer = setTimeout(() => setAfter(true), afterMs);
    return () => clearTimeout(timer);
  }, [isSo, afterMs]);
  return isSo && isAfter;
}
