// What a yes would give, in a line or two that stay above the answers at every size: powers, end, and the owner's files.

import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { Request } from '../../contract/consent.ts';
import type { Powers } from '../../contract/powers.ts';
import { hasPower } from '../../contract/powers.ts';
import { powerNames, rowOf } from '../../contract/views.ts';
import { messages, say } from '../../messages/messages.ts';
import { formatDuration } from '../lib/format.ts';
import { useTopic } from '../use-core.tsx';
import { NamedSentence } from './named-sentence.tsx';
import type { Choice } from './other-answers.tsx';

interface RequestTermsProps {
  readonly request: Request;
  readonly who: string;
  readonly what: string;
  /** As the person has left them. */
  readonly powers: Powers;
  /** The answer that is chosen and not given yet. */
  readonly choice: Choice | null;
  readonly place: RefObject<HTMLDivElement | null>;
}

// Security: this is what the person agrees to. It holds words of ours and numbers alone, so that no name can push any of it away.
export function RequestTerms({ request, who, what, powers, choice, place }: RequestTermsProps) {
  const { t } = useTranslation();
  const changed = request.mounts.filter(({ mode }) => mode === 'rw').length;
  const read = request.mounts.length - changed;
  const isWarnedOf = useTopic('mounts').some(
    ({ path, level }) => level === 'warning' && request.mounts.some((mount) => mount.path === path),
  );
  return (
    <div className="request-terms" ref={place}>
      <p data-testid="request-gets">{sayTerms(request, powers, choice)}</p>
      <p data-testid="request-files">
        {request.mounts.length === 0 && t('ui.request.terms.noFolders')}
        {read > 0 && t('ui.request.terms.reads', { count: read })}{' '}
        {changed > 0 && t('ui.request.terms.changes', { count: changed })} {isWarnedOf && t('ui.request.terms.warned')}
      </p>
      {choice !== null && (
        <p className="request-lasting">
          <NamedSentence
            text={(names) =>
              t(`ui.request.lasting.${choice.kind}`, { ...names, time: formatDuration((choice.minutes ?? 0) * 60_000) })
            }
            peer={who}
            offer={what}
          />
        </p>
      )}
    </div>
  );
}

/** “Gets: paste, copy, internet, files · no end”. */
export function sayTerms(request: Pick<Request, 'view' | 'ownSandbox'>, powers: Powers, choice: Choice | null): string {
  const given = [
    ...(rowOf(request.view).opensAs === 'window' ? [] : [say(`ui.request.terms.${request.view}`)]),
    ...(request.ownSandbox === 'allowed' ? [say('ui.request.terms.ownSandbox')] : []),
    ...(powers.isViewOnly ? [say('ui.request.terms.watching')] : []),
    ...powerNames.filter((name) => hasPower(powers, name)).map((name) => say(`ui.request.terms.${name}`)),
  ];
  const limits = [powers.timeLimitMin, choice?.minutes ?? null].filter((limit) => limit !== null);
  return say('ui.request.terms.gets', {
    what:
      given.length === 0
        ? say('ui.request.terms.nothing')
        : new Intl.ListFormat(messages.language, { type: 'unit' }).format(given),
    end:
      limits.length === 0
        ? say('ui.request.terms.noEnd')
        : say('ui.request.terms.ends', { time: formatDuration(Math.min(...limits) * 60_000) }),
  });
}
