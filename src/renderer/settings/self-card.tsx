// How other people recognise and reach this computer: fingerprint and addresses, to be copied.
import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyLine } from '../components/copy-line.tsx';
import { ownAddress } from '../peers/add-peer.tsx';
import { useWhyNoAddress } from '../peers/why-no-address.ts';
import { useTopic } from '../use-core.tsx';

export function SelfCard() {
  const { t } = useTranslation();
  const self = useTopic('self');
  const whyNoAddress = useWhyNoAddress();
  return (
    <Stack gap="sm" className="panel setting-panel" p="md">
      <div>
        <Text size="sm" fw={600}>
          {t('ui.self.fingerprint')}
        </Text>
        <Text size="sm" c="dimmed" mb={6}>
          {t('ui.self.fingerprintHint')}
        </Text>
        <CopyLine text={self.id} label={t('ui.self.fingerprint')} />
      </div>
      <div>
        <Text size="sm" fw={600}>
          {t('ui.self.addresses')}
        </Text>
        <Text size="sm" c="dimmed" mb={6}>
          {self.peerPort === 0 ? t('ui.self.noPort') : t('ui.self.addressesHint')}
        </Text>
        <Stack gap={6}>
          {whyNoAddress !== null && <Text size="sm">{whyNoAddress}</Text>}
          {self.addresses.map((address) => (
            <CopyLine key={address} text={ownAddress(address, self.peerPort)} label={t('ui.self.address')} />
          ))}
        </Stack>
      </div>
    </Stack>
  );
}
