// Gives the answers to a request, and keeps what went wrong with one.
import { useState } from 'react';
import { ARMING_MS } from '../../contract/arming.ts';
import type { Request } from '../../contract/consent.ts';
import type { MethodInput } from '../../contract/contract.ts';
import { toProblem } from '../../contract/errors.ts';
import type { Powers } from '../../contract/powers.ts';
import { sayProblem } from '../../messages/messages.ts';
import { useAction, useCore } from '../use-core.tsx';
import type { Choice, PersonsAnswer } from './other-answers.tsx';

export interface Answers {
  readonly isBusy: boolean;
  /** A sentence. */
  readonly problem: string | null;
  readonly sayAnswer: (given: PersonsAnswer) => void;
  readonly confirm: (choice: Choice) => void;
}

/** `powers` is what a yes gives; `onFailed` is called when an answer could not be kept. */
export function useAnswers(request: Request, powers: Powers, onFailed: () => void): Answers {
  const core = useCore();
  const { isBusy, run } = useAction();
  const [problem, setProblem] = useState<string | null>(null);

  const answer = (call: () => Promise<unknown>) =>
    run(async () => {
      try {
        await call();
      } catch (error) {
        // Here and not in a notice, which would cover the answers that are left.
        setProblem(sayProblem(toProblem(error)));
        onFailed();
        // Security: the sentence may move the answers, and a second click must not meet another of them.
        await new Promise((resolve) => setTimeout(resolve, ARMING_MS));
      }
    });
  const sayAnswer = (given: PersonsAnswer) => {
    const input: MethodInput<'requests.answer'> =
      given.answer === 'allow' ? { requestId: request.id, powers, ...given } : { requestId: request.id, ...given };
    void answer(() => core.call('requests.answer', input));
  };
  const confirm = ({ kind, minutes }: Choice) => {
    if (kind === 'block') void answer(() => core.call('peers.block', { peerId: request.peerId, isBlocked: true }));
    else if (kind === 'never') sayAnswer({ answer: 'deny', lasts: 'always' });
    else sayAnswer({ answer: 'allow', lasts: kind, ...(minutes !== null && { minutes }) });
  };
  return { isBusy, problem, sayAnswer, confirm };
}
