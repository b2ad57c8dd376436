// Lets the visitor ask for more than the program alone, and for less than a session without end.

import { Button, Checkbox, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../../contract/offers.ts';
import type { Powers } from '../../contract/powers.ts';
import { hasPower, noPowers, withPower } from '../../contract/powers.ts';
import { powerNames, rowOf, type View } from '../../contract/views.ts';
import { formatDuration } from '../lib/format.ts';
import { viewsOf } from '../lib/offers.ts';
import { timeLimitChoices } from '../lib/powers.ts';

interface AskOptionsProps {
  readonly offer: Offer | null;
  readonly peerName: string;
  readonly onClose: () => void;
  /** Called within the click, so that a window may be opened. */
  readonly onAsk: (offer: Offer, view: View, powers: Powers) => void;
}

export function AskOptions({ offer, peerName, onClose, onAsk }: AskOptionsProps) {
  const { t } = useTranslation();
  const view = offer === null ? undefined : viewsOf(offer)[0];
  return (
    <Modal
      opened={offer !== null}
      onClose={onClose}
      title={t('ui.options.title', { peer: peerName, offer: offer?.name ?? '' })}
      closeButtonProps={{ 'aria-label': t('ui.common.close') }}
      attributes={{ header: { role: 'presentation' } }}
    >
      {offer !== null && view !== undefined && (
        <Fields
          key={offer.id}
          view={view}
          peerName={peerName}
          onClose={onClose}
          onAsk={(powers) => onAsk(offer, view, powers)}
        />
      )}
    </Modal>
  );
}

interface FieldsProps {
  readonly view: View;
  readonly peerName: string;
  readonly onClose: () => void;
  readonly onAsk: (powers: Powers) => void;
}

function Fields({ view, peerName, onClose, onAsk }: FieldsProps) {
  const { t } = useTranslation();
  const [powers, setPowers] = useState(noPowers);
  const row = rowOf(view);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t('ui.options.text', { peer: peerName })}
      </Text>
      {powerNames
        .filter((name) => row.powers[name] !== 'never')
        .map((name) => (
          <Checkbox
            key={name}
            label={t(`ui.power.${name}.name`)}
            description={t(`ui.power.${name}.visitor`)}
            checked={hasPower(powers, name)}
            onChange={(event) => setPowers(withPower(powers, name, event.currentTarget.checked))}
          />
        ))}
      {row.isViewOnly !== 'never' && (
        <Checkbox
          label={t('ui.power.isViewOnly.name')}
          description={t('ui.power.isViewOnly.visitor')}
          checked={powers.isViewOnly}
          onChange={(event) => setPowers({ ...powers, isViewOnly: event.currentTarget.checked })}
        />
      )}
      <Select
        label={t('ui.power.timeLimit.name')}
        allowDeselect={false}
        value={String(powers.timeLimitMin)}
        onChange={(value) => setPowers({ ...powers, timeLimitMin: value === 'null' ? null : Number(value) })}
        data={timeLimitChoices(null).map((minutes) => ({
          value: String(minutes),
          label: minutes === null ? t('ui.power.timeLimit.none') : formatDuration(minutes * 60_000),
        }))}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('ui.common.cancel')}
        </Button>
        <Button onClick={() => onAsk(powers)}>{t('ui.options.submit')}</Button>
      </Group>
    </Stack>
  );
}
