// Controls that answer a question that appears by itself: they cannot be pressed by somebody who has not seen it.
import { Button } from '@mantine/core';
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  type SyntheticEvent,
  useEffect,
  useRef,
  useState,
} from 'react';
import { ARMING_MS } from '../../contract/arming.ts';
import { isPressMeant, onSuddenFocus } from './press.ts';

/**
 * True once what is there has been visible for long enough; it starts over when `look` changes, or when the window was hidden,
 * was given another size, or suddenly has the focus.
 */
export function useArmed(look: unknown = null): boolean {
  const [armedFor, setArmedFor] = useState<{ look: unknown } | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = () => {
      clearTimeout(timer);
      setArmedFor(null);
      if (document.visibilityState === 'visible') timer = setTimeout(() => setArmedFor({ look }), ARMING_MS);
    };
    arm();
    document.addEventListener('visibilitychange', arm);
    window.addEventListener('resize', arm);
    const stopFocus = onSuddenFocus(arm);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', arm);
      window.removeEventListener('resize', arm);
      stopFocus();
    };
  }, [look]);
  return armedFor !== null && armedFor.look === look;
}

/** Whether an event is a person's own click or key, begun after what it answers could be read. */
function useIsMeant(isArmed: boolean): (event: Event) => boolean {
  const armedAt = useRef(Number.POSITIVE_INFINITY);
  useEffect(() => {
    armedAt.current = isArmed ? performance.now() : Number.POSITIVE_INFINITY;
  }, [isArmed]);
  return (event) => isArmed && event.isTrusted && isPressMeant(armedAt.current);
}

/** A button for an answer that matters. `isArmed` comes from `useArmed`. */
export function ArmedButton(props: {
  isArmed: boolean;
  variant: string;
  color?: string;
  onAnswer: () => void;
  children: ReactNode;
}) {
  const isMeant = useIsMeant(props.isArmed);
  return (
    <Button
      type="button"
      variant={props.variant}
      {...(props.color !== undefined && { color: props.color })}
      disabled={!props.isArmed}
      onKeyDown={ignoreRepeat}
      onClick={(event) => {
        // Security: only a person's own click or key counts, and only after what it answers could be read.
        if (isMeant(event.nativeEvent)) props.onAnswer();
      }}
    >
      <span className="ellipsis">{props.children}</span>
    </Button>
  );
}

/**
 * Controls that change the outcome.
 * Security: only a person's own click or key counts, and only after they could be read, while all of the `questions` (what is asked, and
 * what a yes gives) are in sight.
 */
export function Guarded({
  isArmed,
  questions,
  className,
  children,
}: {
  isArmed: boolean;
  questions: readonly RefObject<HTMLElement | null>[];
  className: string;
  children: ReactNode;
}) {
  const isMeant = useIsMeant(isArmed);
  const guard = (event: SyntheticEvent) => {
    if (isMeant(event.nativeEvent)) {
      const unseen = questions.find(({ current }) => !isInSight(current));
      if (unseen === undefined) return;
      unseen.current?.scrollIntoView({ block: 'nearest' });
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={className} onClickCapture={guard} onKeyDownCapture={ignoreRepeat}>
      {children}
    </div>
  );
}

/** Security: a key that is still held from something else repeats, and a repeat is not an answer. */
function ignoreRepeat(event: KeyboardEvent): void {
  if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
}

/** Whether the beginning of a text can be seen: a page may open ours in a window as small as a button. */
function isInSight(element: HTMLElement | null): boolean {
  if (element === null) return false;
  const { left, top } = element.getBoundingClientRect();
  const seen = document.elementFromPoint(left + 2, top + 2);
  return seen !== null && (element.contains(seen) || seen.contains(element));
}
