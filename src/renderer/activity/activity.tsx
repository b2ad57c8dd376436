// What is under way: questions asked, programs in use here, programs of this computer in use elsewhere.
import { Button, Group } from '@mantine/core';
import { IconActivity, IconPlayerStop } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Ask } from '../../contract/asks.ts';
import type { Session } from '../../contract/sessions.ts';
import { Hint } from '../components/hint.tsx';
import { visibleAsks } from '../lib/asks.ts';
import { useAction, useCore, useNow, useTopic } from '../use-core.tsx';
import { AskRow } from './ask-row.tsx';
import { SessionRow } from './session-row.tsx';
import './activity.css';

/** Whether a question may still become a session. */
function isOpen(ask: Ask): boolean {
  return ask.state === 'connecting' || ask.state === 'waiting' || ask.state === 'granted';
}

function isLiveSession(session: Session): boolean {
  return session.state !== 'ended';
}

export function useActivity() {
  const asks = useTopic('asks');
  const sessions = useTopic('sessions');
  const order = (a: Session, b: Session) =>
    Number(a.state === 'ended') - Number(b.state === 'ended') || b.startedAt - a.startedAt;
  return {
    asks: visibleAsks(asks),
    visiting: sessions.filter((session) => session.role === 'visitor').sort(order),
    hosting: sessions.filter((session) => session.role === 'host').sort(order),
  };
}

export function Activity() {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const { asks, visiting, hosting } = useActivity();
  const isLive = [...visiting, ...hosting].some((session) => session.state !== 'ended') || asks.length > 0;
  const now = useNow(1000, isLive);
  const liveHosting = hosting.filter((session) => session.state !== 'ended');

  if (asks.length + visiting.length + hosting.length === 0)
    return (
      <Hint
        isSmall
        icon={<IconActivity size={22} />}
        title={t('ui.activity.emptyTitle')}
        text={t('ui.activity.empty')}
      />
    );
  return (
    <div className="activity">
      {asks.length + visiting.length > 0 && (
        <section aria-label={t('ui.activity.visiting')}>
          <h3>{t('ui.activity.visiting')}</h3>
          <ul className="plain-list activity-list">
            {asks.filter(isOpen).map((ask) => (
              <AskRow key={ask.id} ask={ask} now={now} />
            ))}
            {visiting.filter(isLiveSession).map((session) => (
              <SessionRow key={session.id} session={session} now={now} />
            ))}
            {asks
              .filter((ask) => !isOpen(ask))
              .map((ask) => (
                <AskRow key={ask.id} ask={ask} now={now} />
              ))}
            {visiting
              .filter((session) => !isLiveSession(session))
              .map((session) => (
                <SessionRow key={session.id} session={session} now={now} />
              ))}
          </ul>
        </section>
      )}
      {hosting.length > 0 && (
        <section aria-label={t('ui.activity.hosting')}>
          <Group justify="space-between" wrap="nowrap" mih={30}>
            <h3>{t('ui.activity.hosting')}</h3>
            {liveHosting.length > 0 && (
              <Button
                size="compact-xs"
                color="red"
                variant="light"
                leftSection={<IconPlayerStop size={14} />}
                loading={isBusy}
                onClick={() => run(() => core.call('sessions.endAll', {}))}
              >
                {t('ui.activity.endAll')}
              </Button>
            )}
          </Group>
          <ul className="plain-list activity-list">
            {hosting.map((session) => (
              <SessionRow key={session.id} session={session} now={now} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
