// Who sees what is shared: everybody, verified computers, or chosen ones.
import { MultiSelect, Select, Stack, Text } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { peerIdSchema } from '../../contract/ids.ts';
import type { Audience } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import { shortFingerprint } from '../lib/format.ts';
import { sortPeers } from '../lib/peers.ts';
import { useTopic } from '../use-core.tsx';

interface AudienceFieldsProps {
  readonly label: string;
  /** Null: as for everything. */
  readonly audience: Audience | null;
  /** What null stands for; undefined where it cannot be chosen. */
  readonly inherited?: Audience;
  readonly onChange: (audience: Audience | null) => void;
}

export function AudienceFields({ label, audience, inherited, onChange }: AudienceFieldsProps) {
  const { t } = useTranslation();
  const hintId = useId();
  const peers = useTopic('peers');
  const who = audience?.who ?? 'inherited';
  const choices = [...(inherited === undefined ? [] : ['inherited']), 'everybody', 'verified', 'chosen'] as const;
  const chosenIds: readonly string[] = audience?.who === 'chosen' ? audience.peerIds : [];
  const choose = (next: string | null) => {
    if (next === 'inherited') onChange(null);
    else if (next === 'everybody' || next === 'verified') onChange({ who: next });
    else if (next === 'chosen' && audience?.who !== 'chosen') onChange({ who: 'chosen', peerIds: [] });
  };
  return (
    <Stack gap="xs">
      <Select
        label={label}
        aria-describedby={hintId}
        allowDeselect={false}
        value={who}
        data={choices.map((value) => ({ value, label: t(`ui.audience.${value}.name`) }))}
        onChange={choose}
      />
      <Text size="sm" c="dimmed" id={hintId}>
        {who === 'inherited' && inherited !== undefined
          ? t('ui.audience.inherited.hint', { who: t(`ui.audience.${inherited.who}.name`) })
          : t(`ui.audience.${who}.hint`)}
      </Text>
      {audience?.who === 'chosen' && (
        <>
          <MultiSelect
            label={t('ui.audience.pick')}
            placeholder={chosenIds.length === 0 ? t('ui.audience.pickPlaceholder') : ''}
            nothingFoundMessage={t('ui.audience.nobodyToPick')}
            searchable
            clearable
            clearButtonProps={{ 'aria-label': t('ui.common.clear') }}
            value={[...chosenIds]}
            data={pickable(peers, chosenIds).map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(ids) => onChange({ who: 'chosen', peerIds: ids.map((id) => peerIdSchema.parse(id)) })}
          />
          {chosenIds.length === 0 && (
            <Text size="sm" className="list-warning">
              {t('ui.audience.nobody')}
            </Text>
          )}
        </>
      )}
    </Stack>
  );

  /** Those that are here or known, and those that were chosen and are neither. A name that two have, or that is a claim, says whose it is. */
  function pickable(all: readonly Peer[], chosen: readonly string[]): readonly { id: string; name: string }[] {
    const listed = sortPeers(all.filter((peer) => !peer.isBlocked)).map((peer) => ({
      id: peer.id,
      name: t(peer.isVerified ? 'ui.audience.peer' : 'ui.audience.peerUnverified', {
        peer: peer.name,
        key: shortFingerprint(peer.id),
      }),
    }));
    const gone = chosen.filter((id) => !listed.some((one) => one.id === id));
    return [...listed, ...gone.map((id) => ({ id, name: shortFingerprint(id) }))];
  }
}
