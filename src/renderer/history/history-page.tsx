// The history: everything that was asked, answered, used and decided, to be searched, checked and taken along.
import { Button, Group, Menu, Select, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload, IconHistory, IconSearch, IconShieldCheck } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type ActivityCheck,
  type ActivityFilter,
  type ActivityFormat,
  type ActivityGroup,
  activityGroupSchema,
} from '../../contract/activity.ts';
import type { PeerId } from '../../contract/ids.ts';
import { Hint } from '../components/hint.tsx';
import { groupByDay } from '../lib/days.ts';
import { formatNumber, shortFingerprint } from '../lib/format.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { CheckResult } from './check-result.tsx';
import { exportActivity } from './export-activity.ts';
import { HistoryRow } from './history-row.tsx';
import { useHistory } from './use-history.ts';
import './history.css';

/** Not every letter that is typed starts a search. */
const TYPING_MS = 250;

export function HistoryPage() {
  const { t } = useTranslation();
  const core = useCore();
  const { count } = useTopic('activity');
  const [search, setSearch] = useState('');
  const [peerId, setPeerId] = useState<PeerId | null>(null);
  const [group, setGroup] = useState<ActivityGroup | null>(null);
  const [query] = useDebouncedValue(search.trim(), TYPING_MS);
  const filter = useMemo<ActivityFilter>(
    () => ({ ...(query !== '' && { search: query }), ...(peerId && { peerId }), ...(group && { group }) }),
    [query, peerId, group],
  );
  const { entries, total, hasMore, isReading, readMore } = useHistory(filter);
  const days = useMemo(() => groupByDay(entries ?? []), [entries]);
  const people = usePeople(entries ?? []);
  const checking = useAction();
  const exporting = useAction();
  const [result, setResult] = useState<ActivityCheck | null>(null);
  const isFiltered = Object.keys(filter).length > 0;

  const save = (format: ActivityFormat) => exporting.run(() => exportActivity(core, filter, format));
  return (
    <div className="history">
      <Group justify="space-between" gap="xs" mb={4}>
        <Title order={1} size="h3">
          {t('ui.history.title')}
        </Title>
        <Group gap="xs">
          <Button
            size="compact-md"
            variant="default"
            leftSection={<IconShieldCheck size={17} />}
            loading={checking.isBusy}
            onClick={() => checking.run(async () => setResult(await core.call('activity.check', {})))}
          >
            {t('ui.history.check')}
          </Button>
          <Menu position="bottom-end" withArrow>
            <Menu.Target>
              <Button
                size="compact-md"
                variant="default"
                leftSection={<IconDownload size={17} />}
                loading={exporting.isBusy}
                disabled={total === 0}
              >
                {t('ui.history.export')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => save('csv')}>{t('ui.history.csv')}</Menu.Item>
              <Menu.Item onClick={() => save('jsonl')}>{t('ui.history.jsonl')}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <Text size="sm" c="dimmed" mb="sm">
        {t('ui.history.text')}
      </Text>
      {result !== null && <CheckResult result={result} onClose={() => setResult(null)} />}
      <search className="history-filter">
        <TextInput
          type="search"
          className="history-search"
          leftSection={<IconSearch size={17} />}
          placeholder={t('ui.history.search')}
          aria-label={t('ui.history.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Select
          aria-label={t('ui.history.person')}
          placeholder={t('ui.history.everybody')}
          clearable
          searchable
          nothingFoundMessage={t('ui.history.nobody')}
          clearButtonProps={{ 'aria-label': t('ui.history.everybody') }}
          value={peerId}
          onChange={(value) => setPeerId(value as PeerId | null)}
          data={people}
        />
        <Select
          aria-label={t('ui.history.kind')}
          placeholder={t('ui.history.group.all')}
          clearable
          clearButtonProps={{ 'aria-label': t('ui.history.group.all') }}
          value={group}
          onChange={(value) => setGroup(value as ActivityGroup | null)}
          data={activityGroupSchema.options.map((one) => ({ value: one, label: t(`ui.history.group.${one}`) }))}
        />
      </search>
      <Text size="xs" c="dimmed" role="status" className="history-count">
        {entries !== null &&
          (isFiltered
            ? t('ui.history.found', { count: total, total: formatNumber(total) })
            : t('ui.history.count', { count, total: formatNumber(count) }))}
      </Text>
      {entries !== null && entries.length === 0 && (
        <Hint
          icon={<IconHistory size={28} />}
          title={t(isFiltered ? 'ui.history.noMatchTitle' : 'ui.history.emptyTitle')}
          text={t(isFiltered ? 'ui.history.noMatch' : 'ui.history.empty')}
        />
      )}
      {days.map((day) => (
        <section key={day.key} className="history-day" aria-labelledby={`day-${day.key}`}>
          <h2 id={`day-${day.key}`}>{day.title}</h2>
          <ul className="plain-list panel">
            {day.entries.map((entry) => (
              <HistoryRow key={entry.seq} entry={entry} onPerson={setPeerId} />
            ))}
          </ul>
        </section>
      ))}
      {hasMore && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={isReading} onClick={readMore}>
            {t('ui.history.more')}
          </Button>
        </Group>
      )}
    </div>
  );
}

/** Whom one can filter by: whoever is in the list of computers, and whoever stands in what is shown. */
function usePeople(entries: readonly { readonly peerId: PeerId | null; readonly peerName: string | null }[]) {
  const peers = useTopic('peers');
  return useMemo(() => {
    const names = new Map<PeerId, string>();
    for (const { peerId, peerName } of entries) if (peerId !== null && peerName !== null) names.set(peerId, peerName);
    for (const { id, name } of peers) names.set(id, name);
    const list = [...names].map(([value, name]) => ({ value, name }));
    const isTwice = (name: string) => list.filter((other) => other.name === name).length > 1;
    return list
      .map(({ value, name }) => ({ value, label: isTwice(name) ? `${name} (${shortFingerprint(value)})` : name }))
      .sort((a, b) => a.label.localeCompare(b.label));
  }, [entries, peers]);
}
