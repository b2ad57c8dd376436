// Asks once more before something that cannot be taken back.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useAction } from '../use-core.tsx';

export interface ConfirmDialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** What will be lost. */
  readonly text: string;
  readonly confirm: string;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<unknown>;
}

export function ConfirmDialog({ isOpen, title, text, confirm, onClose, onConfirm }: ConfirmDialogProps) {
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      <Stack>
        <Text size="sm">{text}</Text>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('ui.common.cancel')}
          </Button>
          <Button
            color="red.9"
            loading={isBusy}
            onClick={async () => {
              if (await run(onConfirm)) onClose();
            }}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
