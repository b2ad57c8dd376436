// Says what a native window can see before one is asked for.
import { Alert, Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { warmColor } from '../theme.ts';
import type { WarningProps } from './warning.ts';

export function NativeWarning({ offer, peerName, onClose, onConfirm }: WarningProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={offer !== null}
      onClose={onClose}
      title={t('ui.native.title', { offer: offer?.name ?? '' })}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      <Stack>
        <Alert
          color="yellow"
          icon={<IconAlertTriangle size={20} />}
          title={t('ui.native.warningTitle', { peer: peerName })}
        >
          <List size="sm" spacing={4}>
            <List.Item>{t('ui.native.keys')}</List.Item>
            <List.Item>{t('ui.native.screen')}</List.Item>
            <List.Item>{t('ui.native.input')}</List.Item>
          </List>
        </Alert>
        <Text size="sm">{t('ui.native.advice', { peer: peerName })}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('ui.common.cancel')}
          </Button>
          <Button color={warmColor} onClick={() => offer !== null && onConfirm(offer)}>
            {t('ui.native.confirm')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
