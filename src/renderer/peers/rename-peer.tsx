// The name by which this person knows a computer, in place of the one that it claims.
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Peer } from '../../contract/peers.ts';
import { useAction, useCore } from '../use-core.tsx';

export function RenamePeer({ peer, isOpen, onClose }: { peer: Peer; isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const [name, setName] = useState(peer.name);
  useEffect(() => setName(peer.name), [isOpen]);
  const save = async (next: string | null) => {
    if (await run(() => core.call('peers.rename', { peerId: peer.id, name: next }))) onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={t('ui.rename.title')}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') void save(name.trim());
        }}
      >
        <Stack>
          <TextInput
            data-autofocus
            label={t('ui.rename.name')}
            description={t('ui.rename.hint', { claimed: peer.claimedName })}
            value={name}
            maxLength={100}
            autoComplete="off"
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            {peer.isRenamed && (
              <Button variant="subtle" mr="auto" loading={isBusy} onClick={() => save(null)}>
                {t('ui.rename.undo')}
              </Button>
            )}
            <Button variant="default" onClick={onClose}>
              {t('ui.common.cancel')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
              {t('ui.rename.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
