// What is said and chosen of an application alone: whether it may build a sandbox of its own.
import { Badge, Switch, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OwnSandbox } from '../../contract/kinds.ts';
import type { OwnOffer } from '../../contract/offers.ts';
import { useAction, useCore } from '../use-core.tsx';

export function OwnSandboxBadge({ ownSandbox }: { ownSandbox: OwnSandbox }) {
  const { t } = useTranslation();
  if (ownSandbox === 'off') return null;
  return (
    <Badge
      size="sm"
      variant="light"
      color="yellow"
      tt="none"
      className="own-sandbox"
      leftSection={<IconAlertTriangle size={12} aria-hidden />}
    >
      {t(ownSandbox === 'allowed' ? 'ui.ownSandbox.badge' : 'ui.ownSandbox.needed')}
    </Badge>
  );
}

export function OwnSandboxSwitch({ offer, ownSandbox }: { offer: OwnOffer; ownSandbox: OwnSandbox }) {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const allow = (isAllowed: boolean) =>
    run(() => core.call('offers.allowOwnSandbox', { offerIds: [offer.id], isAllowed }));
  return (
    <>
      <Switch
        mt="lg"
        checked={ownSandbox === 'allowed'}
        label={t('ui.ownSandbox.switch')}
        description={t('ui.ownSandbox.text', { offer: offer.name })}
        onChange={(event) => void allow(event.currentTarget.checked)}
      />
      <Text size="xs" c="dimmed" mt={4}>
        {t('ui.ownSandbox.means', { offer: offer.name })}
      </Text>
    </>
  );
}
