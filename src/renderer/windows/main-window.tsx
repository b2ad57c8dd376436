// The main window: peers on the left, the chosen page in the middle, what is under way on the right or below.
import {
  ActionIcon,
  Burger,
  Button,
  Drawer,
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
  VisuallyHidden,
} from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import {
  IconAlertTriangle,
  IconBell,
  IconBellOff,
  IconBellRinging,
  IconBellZ,
  IconBrightness,
  IconChevronDown,
  IconChevronUp,
  IconHistory,
  IconSearch,
  IconSettings,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Activity, useActivity } from '../activity/activity.tsx';
import { usePowerNotices } from '../activity/power-notices.ts';
import { CataloguePage } from '../catalogue/catalogue-page.tsx';
import { CommandPalette } from '../catalogue/command-palette.tsx';
import { useOpenPeer } from '../catalogue/use-open-peer.ts';
import { ConnectionBanner } from '../components/connection-banner.tsx';
import { DiskBanner } from '../components/disk-banner.tsx';
import { useIsScrolling } from '../components/use-is-scrolling.ts';
import { FirstRun } from '../first-run/first-run.tsx';
import { HistoryPage } from '../history/history-page.tsx';
import { formatClock, formatNumber } from '../lib/format.ts';
import { OwnPage } from '../own/own-page.tsx';
import { AddPeer } from '../peers/add-peer.tsx';
import { PeerList } from '../peers/peer-list.tsx';
import { useRequestNotifications } from '../requests/request-notifications.ts';
import { RequestQueue } from '../requests/request-queue.tsx';
import { useHealthCount } from '../settings/health-list.tsx';
import { useQuiet } from '../settings/quiet.tsx';
import { SettingsPage } from '../settings/settings-page.tsx';
import { warmColor } from '../theme.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo, usePage } from '../use-page.ts';
import { VerifyDialog } from '../verify/verify-dialog.tsx';
import { HomePage } from './home-page.tsx';
import './main-window.css';

export function MainWindow() {
  const core = useCore();
  // In Electron requests have a window of their own; here they are shown on demand, for whoever closed that one.
  const [isWanted, setWanted] = useState(false);
  const { isSetUp } = useTopic('settings');
  const requests = useTopic('requests');
  useRequestNotifications();
  usePowerNotices('all');
  if (isWanted && requests.length === 0) setWanted(false);
  useEffect(() => {
    document.title = requests.length === 0 ? 'eBrainPool' : `(${formatNumber(requests.length)}) eBrainPool`;
  }, [requests.length]);
  const card = (core.carrier.shell === 'browser' || isWanted) && <Requests />;
  return (
    <>
      {isSetUp ? (
        <House onRequests={() => setWanted(true)} requests={card} />
      ) : (
        <div className="first-run-window">
          <FirstRun />
          {card}
        </div>
      )}
      {/* In Electron what another person begins is shown in the pop-up. */}
      <VerifyDialog isWanted={({ role }) => role === 'asking' || core.carrier.shell === 'browser'} />
    </>
  );
}

function House({ onRequests, requests }: { onRequests: () => void; requests: ReactNode }) {
  const { t } = useTranslation();
  const page = usePage();
  const [isAdding, setAdding] = useState(false);
  const [isNavOpen, setNavOpen] = useState(false);
  const isWide = useMediaQuery('(min-width: 800px)', true, { getInitialValueInEffect: false });
  const hasAside = useMediaQuery('(min-width: 1160px)', true, { getInitialValueInEffect: false });
  const hasRequests = useTopic('requests').length > 0;
  const { retry } = useOpenPeer(page.page === 'peer' ? page.peerId : null);

  // The list goes where it covers the page: the dialog would lie behind it.
  const add = () => {
    setNavOpen(false);
    setAdding(true);
  };
  const list = <PeerList page={page} onAdd={add} onChosen={() => setNavOpen(false)} />;
  return (
    <div className="house">
      <button type="button" className="skip-link" onClick={() => document.getElementById('content')?.focus()}>
        {t('ui.main.skip')}
      </button>
      {requests !== false && hasRequests && (
        <button
          type="button"
          className="skip-link"
          aria-keyshortcuts="F6"
          onClick={() => document.querySelector<HTMLElement>('.request-title, .request-shrunk')?.focus()}
        >
          {t('ui.request.skip')}
        </button>
      )}
      <Header onRequests={onRequests} isNavOpen={isNavOpen} onNav={isWide ? null : () => setNavOpen(!isNavOpen)} />
      <ConnectionBanner />
      <DiskBanner />
      <div className="house-rooms" data-aside={hasAside || undefined} data-nav={isWide || undefined}>
        {isWide ? (
          <nav className="house-nav" aria-label={t('ui.peers.title')}>
            {list}
          </nav>
        ) : (
          <Drawer
            opened={isNavOpen}
            onClose={() => setNavOpen(false)}
            returnFocus={!isAdding}
            size={300}
            title={t('ui.peers.title')}
            closeButtonProps={{ 'aria-label': t('ui.common.close') }}
            attributes={{ header: { role: 'presentation' } }}
            classNames={{ body: 'nav-drawer-body', content: 'nav-drawer' }}
          >
            <nav className="nav-drawer-list" aria-label={t('ui.peers.title')}>
              {list}
            </nav>
          </Drawer>
        )}
        <main className="house-main" id="content" tabIndex={-1}>
          {page.page === 'home' && <HomePage onAdd={add} onShowPeers={isWide ? null : () => setNavOpen(true)} />}
          {page.page === 'own' && <OwnPage />}
          {page.page === 'history' && <HistoryPage />}
          {page.page === 'peer' && <CataloguePage key={page.peerId} peerId={page.peerId} onRetry={retry} />}
          {page.page === 'settings' && <SettingsPage section={page.section} />}
        </main>
        {hasAside && <ActivityColumn />}
        {/* In one place for the page at any width, so that it keeps what the person has taken away. */}
        {requests}
      </div>
      {!hasAside && <ActivityStrip />}
      <AddPeer isOpen={isAdding} onClose={() => setAdding(false)} />
      <CommandPalette />
    </div>
  );
}

interface HeaderProps {
  readonly isNavOpen: boolean;
  readonly onNav: (() => void) | null;
  readonly onRequests: () => void;
}

function Header({ isNavOpen, onNav, onRequests }: HeaderProps) {
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
        <Tooltip label={t('ui.history.title')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('ui.history.title')}
            onClick={() => goTo({ page: 'history' })}
          >
            <IconHistory size={20} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('ui.settings.title')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('ui.settings.title')}
            onClick={() => goTo({ page: 'settings', section: 'general' })}
          >
            <IconSettings size={20} />
          </ActionIcon>
        </Tooltip>
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

function ActivityColumn() {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  const isScrolling = useIsScrolling(box);
  return (
    <aside className="house-aside" aria-label={t('ui.activity.title')} ref={box} {...(isScrolling && { tabIndex: 0 })}>
      <h2>{t('ui.activity.title')}</h2>
      <div>
        <Activity />
      </div>
    </aside>
  );
}

/** Where there is no room on the right: a bar at the bottom that is always there and opens over what is under way. */
function ActivityStrip() {
  const { t } = useTranslation();
  const { asks, visiting, hosting } = useActivity();
  const live = [...visiting, ...hosting].filter((session) => session.state !== 'ended').length;
  const total = asks.length + visiting.length + hosting.length;
  const isTall = useMediaQuery('(min-width: 640px) and (min-height: 600px)', true, { getInitialValueInEffect: false });
  const [isOpen, setOpen] = useState(total > 0 && isTall);
  const [lastTotal, setLastTotal] = useState(total);
  if (lastTotal !== total) {
    // Something new is shown, and an empty list is not.
    setLastTotal(total);
    if (total > lastTotal) setOpen(true);
    else if (total === 0) setOpen(false);
  }
  const waiting = asks.filter((ask) => ask.state === 'waiting' || ask.state === 'connecting').length;
  return (
    <aside className="strip" aria-label={t('ui.activity.title')}>
      <VisuallyHidden component="h2">{t('ui.activity.title')}</VisuallyHidden>
      <UnstyledButton className="strip-bar" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="strip-title">{t('ui.activity.title')}</span>
        <span className="strip-count ellipsis">
          {total === 0
            ? t('ui.activity.emptyTitle')
            : t('ui.activity.summary', { running: formatNumber(live), waiting: formatNumber(waiting) })}
        </span>
        {isOpen ? <IconChevronDown size={18} aria-hidden /> : <IconChevronUp size={18} aria-hidden />}
      </UnstyledButton>
      {isOpen && (
        <div className="strip-body">
          <Activity />
        </div>
      )}
    </aside>
  );
}

/** The requests as a card that does not take the focus and has room of its own, so that it covers nothing. */
function Requests() {
  const { t } = useTranslation();
  const requests = useTopic('requests');
  return (
    <section className="requests" aria-label={t('ui.popup.label')} hidden={requests.length === 0}>
      <RequestQueue isAlone={false} />
    </section>
  );
}
