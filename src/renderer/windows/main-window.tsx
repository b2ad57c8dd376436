// The main window: peers on the left, the chosen screen in the middle, what is under way on the right or below.
import { Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePowerNotices } from '../activity/power-notices.ts';
import { CommandPalette } from '../catalogue/command-palette.tsx';
import { useOpenPeer } from '../catalogue/use-open-peer.ts';
import { ConnectionBanner } from '../components/connection-banner.tsx';
import { DiskBanner } from '../components/disk-banner.tsx';
import { FirstRun } from '../first-run/first-run.tsx';
import { formatNumber } from '../lib/format.ts';
import { AddPeer } from '../peers/add-peer.tsx';
import { PeerList } from '../peers/peer-list.tsx';
import { useRequestNotifications } from '../requests/request-notifications.ts';
import { RequestQueue } from '../requests/request-queue.tsx';
import { ScreenOf } from '../screens.tsx';
import { useCore, useTopic } from '../use-core.tsx';
import { usePage } from '../use-page.ts';
import { VerifyDialog } from '../verify/verify-dialog.tsx';
import { ActivityColumn, ActivityStrip } from './activity-places.tsx';
import { Header } from './header.tsx';
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

  // Where the list covers the page it is closed first: the dialog would lie behind it.
  const add = () => {
    setNavOpen(false);
    setAdding(true);
  };
  const house = { onAddPeer: add, onShowPeers: isWide ? null : () => setNavOpen(true), onRetryPeer: retry };
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
          <ScreenOf page={page} house={house} />
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
