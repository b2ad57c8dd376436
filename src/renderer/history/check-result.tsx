// What the check of the history found.
import { Alert } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ActivityCheck } from '../../contract/activity.ts';
import { sayCheck } from '../../messages/activity.ts';
import { formatNumber } from '../lib/format.ts';

export function CheckResult({ result, onClose }: { result: ActivityCheck; onClose: () => void }) {
  const { t } = useTranslation();
  const hash = result.isSound ? (result.lastHash.match(/.{1,8}/g) ?? []).join(' ') : '';
  return (
    <Alert
      className="history-check"
      data-testid="history-check"
      role={result.isSound ? 'status' : 'alert'}
      color={result.isSound ? 'teal' : 'red'}
      variant="outline"
      icon={result.isSound ? <IconShieldCheck /> : <IconShieldX />}
      title={sayCheck(result)}
      withCloseButton
      closeButtonLabel={t('ui.common.close')}
      onClose={onClose}
      mb="sm"
    >
      {result.isSound
        ? result.count > 0 && (
            <>
              {t('ui.history.checkSum', { seq: formatNumber(result.lastSeq) })}
              <span className="history-hash">{hash}</span>
            </>
          )
        : t('ui.history.broken')}
    </Alert>
  );
}
