// The one object that a yes creates. Nothing here runs for a peer without a live grant.

import type { OfferId, PeerId, RequestId, RuleId } from '../../contract/ids.ts';
import type { Powers } from '../../contract/powers.ts';
import { withView } from '../../contract/powers.ts';
import type { View } from '../../contract/views.ts';
import { type Clocks, leftMs, type Mark, markNow, systemClocks } from '../lib/elapsed.ts';

export interface GrantTerms {
  readonly requestId: RequestId;
  readonly peerId: PeerId;
  /** The name that it claims. */
  readonly claimedName: string;
  readonly offerId: OfferId;
  readonly view: View;
  /** The powers at the beginning; the session may have fewer by now. */
  readonly powers: Powers;
  /** The rule that gave it, or that the answer made. The grant ends with this rule. */
  readonly ruleId: RuleId | null;
  /** When it ends by itself: milliseconds since the Unix epoch. */
  readonly expiresAt: number | null;
}

/** Proof of the constructor's caller: only consent.ts has it. */
const seal = Symbol('grant');

export class Grant {
  readonly terms: GrantTerms;
  readonly #abort = new AbortController();
  readonly #clocks: Clocks;
  readonly #since: Mark;
  readonly #lastsMs: number;

  /** Security: consent.ts makes grants, out of a click of this computer's person or of a rule that they made. */
  constructor(terms: GrantTerms, clocks: Clocks, key: typeof seal) {
    if (key !== seal) throw new Error('a grant comes from consent only');
    // Security: whatever the terms say, a view has only the powers that its row names.
    this.terms = { ...terms, powers: withView(terms.powers, terms.view) };
    this.#clocks = clocks;
    this.#since = markNow(clocks);
    this.#lastsMs = (terms.expiresAt ?? 0) - clocks.wallMs();
  }

  get isLive(): boolean {
    return !this.#abort.signal.aborted && this.leftMs !== 0;
  }

  /** Time until it ends by itself; null where it does not. Security: setting the clock back does not lengthen it. */
  get leftMs(): number | null {
    const { expiresAt } = this.terms;
    return expiresAt === null ? null : leftMs({ expiresAt, lastsMs: this.#lastsMs, since: this.#since }, this.#clocks);
  }

  /** Aborts when the grant ends; whatever runs under it hangs on this signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends the grant for ever. */
  end(): void {
    this.#abort.abort();
  }
}

/** For consent.ts alone. */
export function createGrant(terms: GrantTerms, clocks: Clocks = systemClocks): Grant {
  return new Grant(terms, clocks, seal);
}
