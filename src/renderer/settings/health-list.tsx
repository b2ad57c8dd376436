// What this computer has and lacks for sharing and using, each with the command that mends it.
import { Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { HealthItem } from '../../contract/health.ts';
import { nameHealthItem, sayHealthItem } from '../../messages/messages.ts';
import { CopyLine } from '../components/copy-line.tsx';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import './settings.css';

const LEVELS = { error: 0, warning: 1, ok: 2 } as const;
const ICONS = { ok: IconCircleCheck, warning: IconAlertTriangle, error: IconCircleX } as const;

/** How many things are missing or doubtful. */
export function useHealthCount(): number {
  return useTopic('health').filter((item) => item.level !== 'ok').length;
}

export function HealthList({ isFolded = false }: { isFolded?: boolean }) {
  const { t } = useTranslation();
  const core = useCore();
  const health = useTopic('health');
  const { isBusy, run } = useAction();
  const sorted = [...health].sort((a, b) => LEVELS[a.level] - LEVELS[b.level]);
  const bad = sorted.filter((item) => item.level !== 'ok');
  const shown = isFolded ? bad : sorted;
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <Text size="sm" fw={600} role="status">
          {bad.length === 0 ? t('ui.health.allGood') : t('ui.health.some', { count: bad.length })}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconRefresh size={15} />}
          loading={isBusy}
          onClick={() => run(() => core.call('health.check', {}))}
        >
          {t('ui.health.check')}
        </Button>
      </Group>
      {shown.length > 0 && (
        <ul className="plain-list health-list">
          {shown.map((item) => (
            <HealthRow key={item.id} item={item} />
          ))}
        </ul>
      )}
    </div>
  );
}

function HealthRow({ item }: { item: HealthItem }) {
  const { t } = useTranslation();
  const Icon = ICONS[item.level];
  return (
    <li className="health-row" data-level={item.level}>
      <Icon size={20} aria-hidden className="health-icon" />
      <div className="health-text">
        <Group gap={8}>
          <Text size="sm" fw={600}>
            {nameHealthItem(item)}
          </Text>
          <span className="tag health-level">{t(`ui.health.level.${item.level}`)}</span>
        </Group>
        <Text size="sm" c="dimmed">
          {sayHealthItem(item)}
        </Text>
        {item.command !== null && (
          <div className="health-command">
            <CopyLine text={item.command} label={t('ui.health.command', { item: nameHealthItem(item) })} />
          </div>
        )}
      </div>
    </li>
  );
}
