// A question that this computer asked: waiting, or how it went.

import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Ask } from '../../contract/asks.ts';
import { sayProblem } from '../../messages/messages.ts';
import { launchOffer } from '../catalogue/launch.ts';
import { OfferIcon } from '../components/offer-icon.tsx';
import { VerifiedMark } from '../components/peer-mark.tsx';
import { formatSeconds } from '../lib/format.ts';
import { sayPeer } from '../lib/peers.ts';
import { useAction, useCore } from '../use-core.tsx';

export function AskRow({ ask, now }: { ask: Ask; now: number }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const isWaiting = ask.state === 'connecting' || ask.state === 'waiting' || ask.state === 'granted';
  const leftS = ask.expiresAt === null ? null : Math.max(0, Math.ceil((ask.expiresAt - now) / 1000));
  const values = { peer: sayPeer(ask, { isMarked: true }), offer: ask.offer.name };

  const again = () => {
    void core.call('asks.dismiss', { askId: ask.id }).catch(() => undefined);
    void run(() =>
      launchOffer(core, { peerId: ask.peerId, offerId: ask.offer.id, view: ask.view, powers: ask.powers }),
    );
  };

  return (
    <li className="activity-row" data-testid="ask-row" data-state={ask.state} data-ended={!isWaiting || undefined}>
      <div className="activity-head">
        <OfferIcon offer={ask.offer} sizePx={32} />
        <div className="activity-text">
          <div className="activity-what ellipsis" title={ask.offer.name}>
            {ask.offer.name}
          </div>
          <div className="activity-line" data-bad={ask.state === 'failed' || undefined} role="status">
            {isWaiting && <span className="state-dot" data-state="waiting" aria-hidden />}
            <VerifiedMark isVerified={ask.isVerified} sizePx={13} />{' '}
            {ask.problem !== null ? sayProblem(ask.problem) : t(`ui.ask.${ask.state}`, values)}
          </div>
          {ask.state === 'waiting' && leftS !== null && (
            <div className="activity-line">{t('ui.ask.left', { time: formatSeconds(leftS) })}</div>
          )}
        </div>
      </div>
      {ask.state !== 'granted' && (
        <div className="activity-more">
          <Group gap={6}>
            {isWaiting ? (
              <Button
                size="compact-sm"
                variant="default"
                loading={isBusy}
                onClick={() => run(() => core.call('asks.cancel', { askId: ask.id }))}
              >
                {t('ui.common.cancel')}
              </Button>
            ) : (
              <>
                <Button size="compact-sm" variant="light" onClick={again}>
                  {t('ui.common.tryAgain')}
                </Button>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="gray"
                  onClick={() => run(() => core.call('asks.dismiss', { askId: ask.id }))}
                >
                  {t('ui.common.dismiss')}
                </Button>
              </>
            )}
          </Group>
        </div>
      )}
    </li>
  );
}
