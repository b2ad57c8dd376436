// Says on every page that the disk is full: until there is space again, nothing that the person does can be kept.
import { IconDatabaseX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useTopic } from '../use-core.tsx';

export function DiskBanner() {
  const { t } = useTranslation();
  const disk = useTopic('health').find((item) => item.id === 'disk');
  return (
    <div role="status">
      {disk?.level === 'error' && (
        <div className="banner">
          <IconDatabaseX size={18} aria-hidden />
          <span>{t('health.disk.error', disk.params)}</span>
        </div>
      )}
    </div>
  );
}
