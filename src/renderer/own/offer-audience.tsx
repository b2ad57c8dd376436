// Who sees one offer, where that differs from all others, and what else is chosen for it alone.
import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Audience, OwnOffer } from '../../contract/offers.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { OwnSandboxSwitch } from './app-details.tsx';
import { AudienceFields } from './audience-fields.tsx';

export function OfferAudience({ offer, onClose }: { offer: OwnOffer | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const settings = useTopic('settings');
  const { run } = useAction();
  const change = (offerId: OwnOffer['id'], audience: Audience | null) =>
    run(() => core.call('offers.setAudience', { offerIds: [offerId], audience }));
  return (
    <Modal
      opened={offer !== undefined}
      onClose={onClose}
      title={t('ui.audience.ofOffer', { offer: offer?.name ?? '' })}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      {offer !== undefined && (
        <>
          <AudienceFields
            label={t('ui.audience.ofOffer', { offer: offer.name })}
            audience={offer.audience}
            inherited={settings.audience}
            onChange={(audience) => void change(offer.id, audience)}
          />
          {offer.details.kind === 'app' && <OwnSandboxSwitch offer={offer} ownSandbox={offer.details.ownSandbox} />}
        </>
      )}
    </Modal>
  );
}
