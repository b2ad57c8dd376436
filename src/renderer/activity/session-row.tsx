// A session of either side: what, who, since when, how much passed, and the way to end it.

import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../contract/sessions.ts';
import { rowOf } from '../../contract/views.ts';
import { sayProblem } from '../../messages/messages.ts';
import { peerLabel } from '../../messages/peer-label.ts';
import { showSession } from '../catalogue/launch.ts';
import { CopyLine } from '../components/copy-line.tsx';
import { LastWords } from '../components/last-words.tsx';
import { OfferIcon } from '../components/offer-icon.tsx';
import { VerifiedMark } from '../components/peer-mark.tsx';
import { formatDateTime, formatDuration, formatSize } from '../lib/format.ts';
import { sayPeer } from '../lib/peers.ts';
import { ARMED_AFTER_MS, useAfter } from '../use-after.ts';
import { useAction, useCore } from '../use-core.tsx';
import { SessionPowers, WatchOnlyButton } from './session-powers.tsx';

export function SessionRow({ session, now }: { session: Session; now: number }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const isEnded = session.state === 'ended';
  const isHost = session.role === 'host';
  const isInsisting = !isHost && session.closing !== 'no';
  // The button that was pressed becomes this one.
  const isArmed = useAfter(isInsisting, ARMED_AFTER_MS);
  const endReason = session.endReason ?? 'failed';
  const peer = peerLabel(session, { isMarked: true });
  const duration = formatDuration((session.endedAt ?? now) - session.startedAt);

  return (
    <li
      className="activity-row"
      data-testid="session-row"
      data-state={session.state}
      data-role={session.role}
      data-ended={isEnded || undefined}
    >
      <div className="activity-head">
        <OfferIcon offer={session.offer} sizePx={32} />
        <div className="activity-text">
          <div className="activity-what ellipsis" title={session.offer.name}>
            {session.offer.name}
          </div>
          {/* Security: a warning at the end of a name is not cut off. */}
          <div className={session.warning === null ? 'activity-line ellipsis' : 'activity-line'} title={peer}>
            <VerifiedMark isVerified={session.isVerified} sizePx={13} />{' '}
            {t(isHost ? 'ui.session.usedBy' : 'ui.session.from', { peer: sayPeer(session, { isMarked: true }) })}
            {' · '}
            {t(`ui.session.view.${session.view}`)}
          </div>
          <div className="activity-line" role="status">
            <span className="state-dot" data-state={session.state} aria-hidden />
            {isEnded
              ? t(`ui.session.ended.${endReason}.${session.role}`, { peer: sayPeer(session, { isMarked: true }) })
              : session.closing === 'no' || session.state === 'reconnecting'
                ? t(`ui.session.state.${session.state}`)
                : t(`ui.session.closing.${session.closing}.${session.role}`, {
                    peer: sayPeer(session, { isMarked: true }),
                  })}
          </div>
          <div className="activity-line" title={formatDateTime(session.startedAt)}>
            {duration}
            {' · '}
            <span title={t('ui.session.trafficHint')}>
              {t('ui.session.traffic', {
                sent: formatSize(isHost ? session.bytesToVisitor : session.bytesToHost),
                received: formatSize(isHost ? session.bytesToHost : session.bytesToVisitor),
              })}
            </span>
          </div>
          {session.problem !== null && (
            <div className="activity-line" data-bad>
              {sayProblem(session.problem)}
            </div>
          )}
          <LastWords lines={session.lastWords} />
        </div>
      </div>
      <div className="activity-more">
        {!isEnded && <SessionPowers session={session} now={now} />}
        {session.sshCommand !== null && !isEnded && !isHost && (
          <div>
            <div className="activity-line">{t('ui.session.sshCommandHint')}</div>
            <CopyLine text={session.sshCommand.command} label={t('ui.session.command')} />
          </div>
        )}
        <Group gap={6}>
          {!isEnded && !isHost && rowOf(session.view).opensAs === 'window' && (
            <Button size="compact-sm" variant="light" onClick={() => showSession(core, session.id)}>
              {t('ui.session.open')}
            </Button>
          )}
          <WatchOnlyButton session={session} />
          {isEnded ? (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => run(() => core.call('sessions.dismiss', { sessionId: session.id }))}
            >
              {t('ui.common.dismiss')}
            </Button>
          ) : (
            <Button
              size="compact-sm"
              variant="light"
              color="red"
              loading={isBusy}
              disabled={isInsisting && !isArmed}
              aria-label={t(isInsisting ? 'ui.session.endAnywayWhat' : 'ui.session.endWhat', {
                offer: session.offer.name,
                peer,
              })}
              onClick={() => run(() => core.call('sessions.end', { sessionId: session.id, isNow: isInsisting }))}
            >
              {t(isInsisting ? 'ui.session.endAnyway' : 'ui.session.end')}
            </Button>
          )}
        </Group>
      </div>
    </li>
  );
}
