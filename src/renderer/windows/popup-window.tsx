// The small window of the Electron shell that asks for an answer.
import { VisuallyHidden } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ConnectionBanner } from '../components/connection-banner.tsx';
import { Hint } from '../components/hint.tsx';
import { RequestQueue } from '../requests/request-queue.tsx';
import { useTopic } from '../use-core.tsx';
import { ComparisonStrip } from '../verify/comparison-strip.tsx';
import { isOver } from '../verify/open-verify.ts';
import { VerifyDialog } from '../verify/verify-dialog.tsx';
import './popup-window.css';

export function PopupWindow() {
  const { t } = useTranslation();
  const requests = useTopic('requests');
  const hasRequests = requests.length > 0;
  useEffect(() => {
    document.title = t('ui.popup.title', { count: requests.length });
  }, [t, requests.length]);
  return (
    <main className="popup" aria-label={t('ui.popup.label')}>
      <VisuallyHidden component="h1">{t('ui.popup.label')}</VisuallyHidden>
      <ConnectionBanner />
      {hasRequests && <ComparisonStrip />}
      {!hasRequests ? (
        <Hint icon={<IconCircleCheck size={32} />} title={t('ui.popup.empty')} />
      ) : (
        <RequestQueue isAlone />
      )}
      {/* Requests first: what another person began, and how a comparison ended, is a line above them until it is wanted. */}
      <VerifyDialog
        isWanted={({ role }) => role === 'asked' && !hasRequests}
        isShown={(comparison) => !hasRequests || !isOver(comparison)}
        isAboveRequests
      />
    </main>
  );
}
