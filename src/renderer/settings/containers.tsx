// The containers of this computer's visitors: where they are, what they see, and how to empty them.
import { Button, Group, Modal, Stack, Text, Title } from '@mantine/core';
import { IconBox } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Container } from '../../contract/containers.ts';
import { EXCHANGE_FOLDER } from '../../contract/exchange.ts';
import { partyOf, peerLabel } from '../../messages/peer-label.ts';
import { MarkOf } from '../components/peer-mark.tsx';
import { formatSize } from '../lib/format.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import './settings.css';

export function Containers() {
  const { t } = useTranslation();
  const core = useCore();
  const containers = useTopic('containers');
  const peers = useTopic('peers');
  const { isBusy, run } = useAction();
  const [resetting, setResetting] = useState<Container | null>(null);
  return (
    <section aria-labelledby="containers-title">
      <Title order={2} size="h5" id="containers-title">
        {t('ui.containers.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('ui.containers.text')}
      </Text>
      <div className="panel setting-panel">
        {containers.length === 0 && (
          <Text size="sm" c="dimmed" className="list-row">
            {t('ui.containers.none')}
          </Text>
        )}
        {containers.map((container) => (
          <div className="list-row container-row" key={container.peerId}>
            <IconBox size={20} aria-hidden />
            <div className="list-text">
              <Group gap={8}>
                <span className="list-name">{peerLabel(partyOf(peers, container), { isMarked: true })}</span>
                <MarkOf peerId={container.peerId} />
                <span className="tag">{t(`ui.containers.state.${container.state}`)}</span>
              </Group>
              <div className="list-note">
                {t('ui.containers.home', { size: formatSize(container.homeSizeBytes), path: container.homePath })}
              </div>
              <div className="list-note">
                {t('ui.containers.exchange', { path: `${container.homePath}/${EXCHANGE_FOLDER}` })}
              </div>
              <details className="container-mounts">
                <summary>{t('ui.containers.mounts', { count: container.mounts.length })}</summary>
                <ul className="plain-list">
                  {container.mounts.map((mount) => (
                    <li key={mount.target}>
                      <code>{mount.target}</code>{' '}
                      {mount.mode === 'tmpfs'
                        ? t('ui.mount.tmpfs')
                        : mount.path === mount.target
                          ? t(`ui.mount.${mount.mode}`)
                          : t('ui.containers.mountFrom', { mode: t(`ui.mount.${mount.mode}`), path: mount.path })}
                    </li>
                  ))}
                </ul>
              </details>
            </div>
            <Button size="compact-sm" variant="light" color="red" onClick={() => setResetting(container)}>
              {t('ui.containers.reset')}
            </Button>
          </div>
        ))}
      </div>
      <Modal
        opened={resetting !== null}
        onClose={() => setResetting(null)}
        title={t('ui.containers.resetTitle', { peer: resetting === null ? '' : peerLabel(partyOf(peers, resetting)) })}
        closeButtonProps={{ 'aria-label': t('ui.common.close') }}
        attributes={{ header: { role: 'presentation' } }}
      >
        <Stack>
          <Text size="sm">
            {t('ui.containers.resetText', { peer: resetting === null ? '' : peerLabel(partyOf(peers, resetting)) })}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" data-autofocus onClick={() => setResetting(null)}>
              {t('ui.common.cancel')}
            </Button>
            <Button
              color="red.9"
              loading={isBusy}
              onClick={async () => {
                if (resetting === null) return;
                if (await run(() => core.call('containers.reset', { peerId: resetting.peerId }))) setResetting(null);
              }}
            >
              {t('ui.containers.resetConfirm')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </section>
  );
}
