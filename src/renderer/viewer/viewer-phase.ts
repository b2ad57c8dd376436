// What a viewer window shows, worked out from what the core says and how its display stream fares.

import type { Ask } from '../../contract/asks.ts';
import type { Problem } from '../../contract/errors.ts';
import type { EndReason, Session } from '../../contract/sessions.ts';

/** none: not begun. connecting: being opened. painted: the picture is there. lost: it broke after that. */
export type DisplayState = 'none' | 'connecting' | 'painted' | 'lost';

export type ViewerEnd = EndReason | 'denied' | 'unanswered' | 'cancelled' | 'not-asked' | 'gone';

export type ViewerPhase =
  | { readonly kind: 'waiting'; readonly isAsked: boolean; readonly expiresAt: number | null }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'reconnecting' }
  /** eBrainPool does not run on this computer any more: what was known of the other one is out of date. */
  | { readonly kind: 'no-core' }
  | {
      readonly kind: 'ended';
      readonly why: ViewerEnd;
      readonly problem: Problem | null;
      /** Of a program that failed. */
      readonly lastWords?: readonly string[];
    };

export interface ViewerFacts {
  readonly ask: Ask | undefined;
  readonly session: Session | undefined;
  /** Why the ask could not be made. */
  readonly problem: Problem | null;
  /** Whether the ask is still on its way to the core. */
  readonly isAsking: boolean;
  readonly display: DisplayState;
  /** Whether this page has lost the core of its own computer. */
  readonly isCoreLost: boolean;
}

export function viewerPhase(facts: ViewerFacts): ViewerPhase {
  const phase = phaseAsKnown(facts);
  return facts.isCoreLost && phase.kind !== 'ended' ? { kind: 'no-core' } : phase;
}

function phaseAsKnown({ ask, session, problem, isAsking, display }: ViewerFacts): ViewerPhase {
  if (session !== undefined) return sessionPhase(session, display);
  if (problem !== null) return { kind: 'ended', why: 'not-asked', problem };
  if (ask === undefined)
    return isAsking
      ? { kind: 'waiting', isAsked: false, expiresAt: null }
      : { kind: 'ended', why: 'gone', problem: null };
  switch (ask.state) {
    case 'connecting':
      return { kind: 'waiting', isAsked: false, expiresAt: null };
    case 'waiting':
      return { kind: 'waiting', isAsked: true, expiresAt: ask.expiresAt };
    case 'granted':
      return { kind: 'connecting' };
    case 'denied':
      return { kind: 'ended', why: 'denied', problem: ask.problem };
    case 'expired':
      return { kind: 'ended', why: 'unanswered', problem: null };
    case 'cancelled':
      return { kind: 'ended', why: 'cancelled', problem: null };
    case 'failed':
      return { kind: 'ended', why: 'not-asked', problem: ask.problem };
  }
}

function sessionPhase(session: Session, display: DisplayState): ViewerPhase {
  if (session.state === 'ended') {
    const { problem, lastWords } = session;
    // A program that failed ended too, but nobody wanted that.
    const why = problem !== null && session.endReason === 'program' ? 'failed' : (session.endReason ?? 'failed');
    return { kind: 'ended', why, problem, lastWords };
  }
  if (session.state === 'reconnecting' || display === 'lost') return { kind: 'reconnecting' };
  return display === 'painted' ? { kind: 'running' } : { kind: 'connecting' };
}
