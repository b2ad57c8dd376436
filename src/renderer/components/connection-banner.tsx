// Says that the core is away and that the page reconnects by itself.
import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useConnectionState, useCore } from '../use-core.tsx';

export function ConnectionBanner() {
  const { t } = useTranslation();
  const core = useCore();
  const state = useConnectionState();
  if (state === 'open') return null;
  return (
    <div className="banner" role="status">
      <IconPlugConnectedX size={18} aria-hidden />
      <span style={{ flex: 1 }}>{t('ui.connection.lost')}</span>
      <Button size="compact-sm" variant="default" onClick={core.retryNow}>
        {t('ui.common.tryAgain')}
      </Button>
    </div>
  );
}
