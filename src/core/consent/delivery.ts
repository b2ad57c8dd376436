// Delivers an answer: it goes out only after it was written to the log.
import type { ActivityEvent, AnsweredBy } from '../../contract/activity.ts';
import type { PeerId, RequestId, RuleId } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Note, Recorder } from '../activity/activity.ts';
import { noteOf } from '../activity/notes.ts';
import type { Followable } from '../lib/state.ts';
import type { PeerBook } from '../peers/peer-book.ts';
import type { Grant } from './grant.ts';
import type { PersonsAnswer } from './persons-answer.ts';
import type { Rules } from './rules.ts';
import type { Wish } from './wish.ts';

export type Answer =
  | { readonly answer: 'granted'; readonly grant: Grant }
  | { readonly answer: 'denied' | 'expired' | 'cancelled' };

/** Who or what answered. */
export interface How {
  readonly by: AnsweredBy;
  readonly lasts?: PersonsAnswer['lasts'];
  readonly minutes?: number | null;
  readonly ruleId?: RuleId | null;
}

export interface Delivery {
  deliver(wish: Wish, requestId: RequestId, answer: Answer, how: How): Promise<Answer>;
  /** A line of the log about this wish. */
  note(wish: Wish, event: ActivityEvent): Note;
  /** Ends every yes that has not gone out yet, of one peer or of all. */
  endAllOf(peerId: PeerId | null): void;
}

export function createDelivery(options: {
  readonly settings: Followable<Pick<Settings, 'isPaused'>>;
  readonly rules: Pick<Rules, 'state'>;
  readonly book: Pick<PeerBook, 'faceOf'>;
  readonly activity: Recorder;
}): Delivery {
  const { settings, rules, book, activity } = options;
  /** Said yes to, and not yet on the disk. */
  const onTheirWay = new Set<Grant>();

  function note(wish: Wish, event: ActivityEvent): Note {
    const { peerId, claimedName, address, offer } = wish;
    return noteOf({ role: 'host', peerId, face: book.faceOf(peerId, claimedName, address), offer }, event);
  }

  /** Writes the answer down before it goes out, so that whatever runs is in the log first. */
  async function deliver(wish: Wish, requestId: RequestId, answer: Answer, how: How): Promise<Answer> {
    const { by, lasts = null, minutes = null } = how;
    const grant = answer.answer === 'granted' ? answer.grant : undefined;
    if (grant !== undefined) onTheirWay.add(grant);
    const line = note(wish, {
      kind: 'answered',
      answer: answer.answer === 'granted' ? 'allowed' : answer.answer,
      by,
      requestId,
      ruleId: grant?.terms.ruleId ?? how.ruleId ?? null,
      lasts,
      minutes,
      powers: grant?.terms.powers ?? null,
      problem: null,
    });
    const isOwn = by === 'person' || grant !== undefined;
    await (isOwn ? activity.record(line) : activity.recordFromOutside(line));
    if (grant === undefined) return answer;
    onTheirWay.delete(grant);
    // Security: a grant whose rule was taken back meanwhile, or a pause, gives nothing.
    const { ruleId } = grant.terms;
    if (settings.value.isPaused || (ruleId !== null && !rules.state.value.some(({ id }) => id === ruleId))) grant.end();
    return answer;
  }

  return {
    deliver,
    note,
    endAllOf: (peerId) => {
      for (const grant of onTheirWay) if (peerId === null || grant.terms.peerId === peerId) grant.end();
    },
  };
}
