// One line of the history: when, what happened in a sentence, and what belongs to it.
import { UnstyledButton } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowDownLeft,
  IconArrowUpRight,
  IconCircleCheck,
  IconCircleX,
  IconListCheck,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconQuestionMark,
  IconShieldMinus,
  IconUser,
} from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ActivityEntry } from '../../contract/activity.ts';
import type { PeerId } from '../../contract/ids.ts';
import { type Formats, sayDetails, sayEntry } from '../../messages/activity.ts';
import { formatDateTime, formatDuration, formatNumber, formatSize, formatTimeOfDay } from '../lib/format.ts';

const formats: Formats = {
  duration: formatDuration,
  size: formatSize,
  instant: formatDateTime,
  number: formatNumber,
};

/** Memoised, because rows do not change: a long list draws only its new ones. */
export const HistoryRow = memo(function HistoryRow(props: {
  entry: ActivityEntry;
  onPerson: (peerId: PeerId) => void;
}) {
  const { t } = useTranslation();
  const { entry, onPerson } = props;
  const { tone, Icon } = lookOf(entry);
  const { peerId, peerName } = entry;
  const details = sayDetails(entry, formats);
  return (
    <li className="history-row" data-testid="history-row" data-kind={entry.event.kind} data-tone={tone}>
      <Icon size={18} aria-hidden />
      <div className="history-what">
        <div className="history-sentence">{sayEntry(entry, formats)}</div>
        {details.length > 0 && <div className="history-details">{details.join(' · ')}</div>}
      </div>
      {peerId !== null && peerName !== null && (
        <UnstyledButton
          className="history-person"
          title={peerId}
          aria-label={t('ui.history.only', { peer: peerName })}
          onClick={() => onPerson(peerId)}
        >
          <IconUser size={15} aria-hidden />
        </UnstyledButton>
      )}
      <time dateTime={new Date(entry.at).toISOString()} title={formatDateTime(entry.at)}>
        {formatTimeOfDay(entry.at)}
      </time>
    </li>
  );
});

type Tone = 'good' | 'bad' | 'warn' | 'plain';

function lookOf({ event, role }: ActivityEntry): { readonly tone: Tone; readonly Icon: typeof IconUser } {
  switch (event.kind) {
    case 'requested':
    case 'unknown':
      return { tone: 'plain', Icon: IconQuestionMark };
    case 'answered':
      if (event.answer === 'allowed') return { tone: 'good', Icon: IconCircleCheck };
      return { tone: event.answer === 'cancelled' ? 'plain' : 'bad', Icon: IconCircleX };
    case 'started':
      return { tone: 'good', Icon: role === 'visitor' ? IconArrowUpRight : IconArrowDownLeft };
    case 'ended':
      return { tone: event.durationMs === null ? 'warn' : 'plain', Icon: IconPlayerStop };
    case 'narrowed':
      return { tone: 'plain', Icon: IconShieldMinus };
    case 'rule-made':
    case 'rule-removed':
      return { tone: 'plain', Icon: IconListCheck };
    case 'paused':
      return { tone: 'plain', Icon: IconPlayerPause };
    case 'resumed':
      return { tone: 'plain', Icon: IconPlayerPlay };
    case 'not-started':
    case 'connection-refused':
      return { tone: 'bad', Icon: IconCircleX };
    case 'codes-differed':
    case 'left-out':
    case 'log-torn':
    case 'log-damaged':
    case 'log-resumed':
      return { tone: 'warn', Icon: IconAlertTriangle };
    default:
      return { tone: 'plain', Icon: IconUser };
  }
}
