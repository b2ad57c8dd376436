// A command or an address on one line with a button that copies it.
import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import './copy-line.css';

export function CopyLine({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <div className="copy-line">
      <code>{text}</code>
      <CopyButton value={text} timeout={2000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('ui.common.copied') : t('ui.common.copy')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={copy}
              aria-label={copied ? t('ui.common.copied') : t('ui.common.copyWhat', { what: label })}
            >
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
