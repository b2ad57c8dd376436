// Standing answers: what, for whom, with which powers, until when; removing one ends what it allowed.
import { ActionIcon } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Rule } from '../../contract/consent.ts';
import { isView } from '../../contract/views.ts';
import { sayView } from '../../messages/activity.ts';
import { partyOf, peerLabel } from '../../messages/peer-label.ts';
import { MarkOf } from '../components/peer-mark.tsx';
import { formatDateTime, shortFingerprint } from '../lib/format.ts';
import { sayPowers } from '../lib/powers.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { SearchedList } from './searched-list.tsx';

export function Rules() {
  const { t } = useTranslation();
  const rules = useTopic('rules');
  const peers = useTopic('peers');
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLocaleLowerCase();
  // The name by which it is known now, which need not be the one of then.
  const named = rules
    .map((rule) => ({ rule, name: peerLabel(partyOf(peers, rule), { isMarked: true }) }))
    .sort((a, b) => b.rule.createdAt - a.rule.createdAt);
  const shown = named.filter(({ rule, name }) =>
    [name, rule.offerName, rule.peerId].some((text) => text.toLocaleLowerCase().includes(wanted)),
  );
  return (
    <SearchedList
      title={t('ui.rules.title')}
      text={t('ui.rules.text')}
      searchLabel={t('ui.rules.search')}
      total={rules.length}
      query={query}
      onQuery={setQuery}
      empty={rules.length === 0 ? t('ui.rules.none') : t('ui.rules.noMatch', { query })}
    >
      {shown.map(({ rule, name }) => (
        <RuleRow key={rule.id} rule={rule} name={name} />
      ))}
    </SearchedList>
  );
}

function RuleRow({ rule, name }: { rule: Rule; name: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const lasts = rule.isUntilQuit ? 'quit' : rule.expiresAt === null ? 'always' : 'time';
  const sentence = t(`ui.rules.${rule.answer}.${lasts}`, {
    offer: rule.offerName,
    peer: name,
    time: rule.expiresAt === null ? '' : formatDateTime(rule.expiresAt),
  });
  return (
    <div className="list-row" data-testid="rule">
      {rule.answer === 'allow' ? <IconCircleCheck size={20} aria-hidden /> : <IconCircleX size={20} aria-hidden />}
      <div className="list-text">
        <div className="list-name">
          {sentence} <MarkOf peerId={rule.peerId} />
        </div>
        {rule.answer === 'allow' && (
          <div className="list-note">
            {isView(rule.view) ? t(`ui.session.view.${rule.view}`) : sayView(rule.view)} · {sayPowers(rule.powers)}
          </div>
        )}
        <div className="list-note" title={rule.peerId}>
          {t('ui.rules.since', { time: formatDateTime(rule.createdAt), key: shortFingerprint(rule.peerId) })}
        </div>
      </div>
      <ActionIcon
        variant="subtle"
        color="red"
        disabled={isBusy}
        aria-label={t('ui.rules.remove', { rule: sentence })}
        onClick={() => run(() => core.call('rules.remove', { ruleId: rule.id }))}
      >
        <IconTrash size={18} />
      </ActionIcon>
    </div>
  );
}
