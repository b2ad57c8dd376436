// A dialog that adds a computer by its address, for networks that do not carry multicast.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toProblem } from '../../contract/errors.ts';
import { sayProblem } from '../../messages/messages.ts';
import { CopyLine } from '../components/copy-line.tsx';
import { useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { useWhyNoAddress } from './why-no-address.ts';

export function AddPeer({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const self = useTopic('self');
  const whyNoAddress = useWhyNoAddress();
  const [address, setAddress] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const close = () => {
    setProblem(null);
    onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (address.trim() === '') {
      setProblem(t('ui.add.empty'));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const { peerId } = await core.call('peers.add', { address: address.trim() });
      setAddress('');
      close();
      goTo({ page: 'peer', peerId });
    } catch (error) {
      setProblem(sayProblem(toProblem(error)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={t('ui.add.title')}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          <Text size="sm">{t('ui.add.text')}</Text>
          <TextInput
            data-autofocus
            label={t('ui.add.address')}
            description={t('ui.add.addressHint')}
            placeholder="192.168.0.106"
            value={address}
            error={problem}
            maxLength={300}
            spellCheck={false}
            autoCapitalize="off"
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          {self.addresses[0] === undefined ? (
            <Text size="sm" fw={600}>
              {whyNoAddress}
            </Text>
          ) : (
            <div>
              <Text size="xs" c="dimmed" pb={4}>
                {t('ui.add.ownAddress')}
              </Text>
              <CopyLine text={ownAddress(self.addresses[0], self.peerPort)} label={t('ui.self.address')} />
            </div>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('ui.common.cancel')}
            </Button>
            <Button type="submit" loading={isBusy}>
              {t('ui.add.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** As it is to be typed on another computer: host:port, an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function ownAddress(address: string, port: number): string {
  if (port === 0 || /\]:\d+$|^[^:]+:\d+$/.test(address)) return address;
  return address.includes(':') && !address.startsWith('[') ? `[${address}]:${port}` : `${address}:${port}`;
}
