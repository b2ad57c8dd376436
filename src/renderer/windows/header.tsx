// The main window's header: who this is, the search, what needs attention, and the ways to the other screens.
import {
  ActionIcon,
  Burger,
  Button,
  Group,
  Indicator,
  Kbd,
  Popover,
  SegmentedControl,
  Switch,
  Text,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import {
  IconAlertTriangle,
  IconBell,
  IconBellOff,
  IconBellRinging,
  IconBellZ,
  IconBrightness,
  IconSearch,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { formatClock, formatNumber } from '../lib/format.ts';
import { menuEntries } from '../screens.tsx';
import { useHealthCount } from '../settings/health-list.tsx';
import { useQuiet } from '../settings/quiet.tsx';
import { warmColor } from '../theme.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';

interface HeaderProps {
  readonly isNavOpen: boolean;
  readonly onNav: (() => void) | null;
  readonly onRequests: () => void;
}

export function Header({ isNavOpen, onNav, onRequests }: HeaderProps) {
  const { t } = useTranslation();
  const core = useCore();
  const self = useTopic('self');
  const settings = useTopic('settings');
  const requests = useTopic('requests');
  const healthCount = useHealthCount();
  const { run } = useAction();
  return (
    <header className="house-header">
      {onNav !== null && (
        <Burger
          opened={isNavOpen}
          onClick={onNav}
          size="sm"
          aria-label={t('ui.main.showPeers')}
          aria-expanded={isNavOpen}
        />
      )}
      <UnstyledButton className="house-brand" onClick={() => goTo({ page: 'home' })} aria-label={t('ui.main.home')}>
        <img src="./favicon.svg" alt="" width={28} height={28} />
        <span className="house-brand-name">eBrainPool</span>
      </UnstyledButton>
      <Text size="sm" c="dimmed" className="ellipsis house-self" title={self.name}>
        {self.name}
      </Text>
      <UnstyledButton className="house-search" onClick={spotlight.open}>
        <IconSearch size={16} aria-hidden />
        <span>{t('ui.palette.open')}</span>
        <Kbd size="xs">Ctrl K</Kbd>
      </UnstyledButton>
      <Group gap={6} wrap="nowrap" className="house-tools">
        {core.carrier.shell === 'electron' && requests.length > 0 && (
          <Button
            size="compact-sm"
            color={warmColor}
            leftSection={<IconBellRinging size={16} />}
            aria-label={t('ui.main.requests', { count: requests.length })}
            onClick={onRequests}
          >
            {formatNumber(requests.length)}
          </Button>
        )}
        {healthCount > 0 && (
          <Tooltip label={t('ui.health.some', { count: healthCount })}>
            <ActionIcon
              variant="subtle"
              size="lg"
              className="health-badge"
              aria-label={t('ui.health.some', { count: healthCount })}
              onClick={() => goTo({ page: 'settings', section: 'check' })}
            >
              <Indicator label={formatNumber(healthCount)} size={15} color={warmColor} offset={2}>
                <IconAlertTriangle size={20} />
              </Indicator>
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={t('ui.settings.pausedHint')} multiline maw={260}>
          <div>
            <Switch
              size="sm"
              className="house-pause"
              label={t('ui.main.pause')}
              checked={settings.isPaused}
              color={warmColor}
              onChange={(event) => {
                const isPaused = event.currentTarget.checked;
                void run(() => core.call('settings.update', { isPaused }));
              }}
            />
          </div>
        </Tooltip>
        <DoNotDisturb />
        <ColorScheme />
        {menuEntries
          .filter(({ isInHeader }) => isInHeader)
          .map(({ title, icon: Icon, leadsTo }) => (
            <Tooltip key={leadsTo.page} label={t(title)}>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t(title)} onClick={() => goTo(leadsTo)}>
                <Icon size={20} />
              </ActionIcon>
            </Tooltip>
          ))}
      </Group>
    </header>
  );
}

function DoNotDisturb() {
  const { t } = useTranslation();
  const core = useCore();
  const { isDoNotDisturb } = useTopic('settings');
  const quiet = useQuiet();
  const { run } = useAction();
  const hint =
    quiet === null
      ? t('ui.main.quietOff')
      : quiet.why === 'switched'
        ? t('ui.main.quietOn')
        : t('ui.main.quietHours', { time: formatClock(quiet.until) });
  const Icon = quiet === null ? IconBell : quiet.why === 'switched' ? IconBellOff : IconBellZ;
  return (
    <Tooltip label={hint} multiline maw={260}>
      <ActionIcon
        variant={quiet === null ? 'subtle' : 'light'}
        color={quiet === null ? 'gray' : 'yellow'}
        size="lg"
        aria-label={t('ui.main.quiet')}
        aria-description={hint}
        aria-pressed={isDoNotDisturb}
        onClick={() => void run(() => core.call('settings.update', { isDoNotDisturb: !isDoNotDisturb }))}
      >
        <Icon size={20} />
      </ActionIcon>
    </Tooltip>
  );
}

function ColorScheme() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Popover position="bottom-end" withArrow trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('ui.main.colors')}>
          <IconBrightness size={20} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={6} aria-label={t('ui.main.colors')}>
        <SegmentedControl
          size="sm"
          aria-label={t('ui.main.colors')}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
          data={[
            { value: 'light', label: t('ui.main.light') },
            { value: 'dark', label: t('ui.main.dark') },
            { value: 'auto', label: t('ui.main.auto') },
          ]}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
