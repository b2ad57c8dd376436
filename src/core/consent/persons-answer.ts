// A person's answer: whether it can be given, and which rule it makes.

import type { Rule } from '../../contract/consent.ts';
import { AppError } from '../../contract/errors.ts';
import type { Powers } from '../../contract/powers.ts';
import { judgeNarrowing } from '../../contract/powers.ts';
import type { Wish } from './wish.ts';

/** A person's answer, as in the contract's `requests.answer`. */
export interface PersonsAnswer {
  readonly answer: 'allow' | 'deny';
  readonly lasts: 'once' | 'until-quit' | 'time' | 'always';
  readonly minutes?: number | undefined;
  readonly powers?: Powers | undefined;
}

/** @throws AppError `bad-input`, `not-verified`, see `Consent.answer` */
export function checkAnswer(wish: Wish, persons: PersonsAnswer, isVerified: boolean): void {
  const { answer, lasts, minutes, powers = wish.powers } = persons;
  if (lasts === 'time' && minutes === undefined)
    throw new AppError('bad-input', { where: 'minutes', why: 'say for how many minutes the answer lasts' });
  const verdict = judgeNarrowing(wish.view, powers, wish.powers);
  // Security: nobody can be given more than the person was shown.
  if (verdict === 'wider')
    throw new AppError('bad-input', { where: 'powers', why: 'are more than what was asked for' });
  // Security: a person must not be told that a power is withheld when nothing here can enforce that.
  if (answer === 'allow' && verdict === 'not-held')
    throw new AppError('bad-input', { where: 'powers', why: 'of a native window cannot be taken away: say no' });
  // Security: only a peer whose key was compared can get a yes for ever.
  if (answer === 'allow' && lasts === 'always' && !isVerified) throw new AppError('not-verified');
}

export function ruleFrom(wish: Wish, persons: PersonsAnswer, peerName: string): Omit<Rule, 'id' | 'createdAt'> {
  const { peerId, offer, view, launchDigest } = wish;
  return {
    peerId,
    peerName,
    offerId: offer.id,
    offerName: offer.name,
    view,
    asked: wish.powers,
    powers: persons.powers ?? wish.powers,
    answer: persons.answer,
    launchDigest,
    isUntilQuit: persons.lasts === 'until-quit',
    expiresAt: expiryOf(persons),
  };
}

export function expiryOf({ lasts, minutes }: Pick<PersonsAnswer, 'lasts' | 'minutes'>): number | null {
  return lasts === 'time' && minutes !== undefined ? Date.now() + minutes * 60_000 : null;
}
