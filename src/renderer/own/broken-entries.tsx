// Entries that were left out, with the reason, so that their owner can mend them.
import { Accordion, Code, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { BrokenEntry } from '../../contract/offers.ts';
import { formatNumber } from '../lib/format.ts';

export function BrokenEntries({ entries }: { entries: readonly BrokenEntry[] }) {
  const { t, i18n } = useTranslation();
  return (
    <Accordion variant="separated" mt="lg">
      <Accordion.Item value="broken">
        <Accordion.Control icon={<IconAlertTriangle size={18} />}>
          {t('ui.own.broken', { count: entries.length, total: formatNumber(entries.length) })}
        </Accordion.Control>
        <Accordion.Panel>
          <ul className="plain-list">
            {entries.map((entry) => (
              <li key={`${entry.source}:${entry.line}:${entry.reason}`} className="broken-row">
                <Code className="broken-source">
                  {entry.line === null ? entry.source : `${entry.source}:${entry.line}`}
                </Code>
                <Text size="sm">
                  {i18n.exists(`ui.broken.${entry.reason}`) ? t(`ui.broken.${entry.reason}`) : entry.reason}
                  {entry.detail !== '' && ` — ${entry.detail}`}
                </Text>
              </li>
            ))}
          </ul>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
