// One offer in the grid: a click asks for it, its menu has the other ways to open it.
import { ActionIcon, Menu, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconAdjustments, IconDotsVertical } from '@tabler/icons-react';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import type { Self } from '../../contract/self.ts';
import type { View } from '../../contract/views.ts';
import { OfferIcon } from '../components/offer-icon.tsx';
import { viewsOf } from '../lib/offers.ts';
import { lackOf, waysToOpen } from './ways-to-open.ts';

interface OfferTileProps {
  readonly offer: Offer;
  /** What tells it from another one of the same name; null where there is none. */
  readonly hint: string | null;
  readonly self: Self;
  readonly peer: Peer;
  /** Called within the click, so that a window may be opened. */
  readonly onOpen: (offer: Offer, view: View) => void;
  readonly onOptions: (offer: Offer) => void;
}

export const OfferTile = memo(
  function OfferTile({ offer, hint, self, peer, onOpen, onOptions }: OfferTileProps) {
    const { t } = useTranslation();
    const [isMenuOpen, setMenuOpen] = useState(false);
    const [first, ...others] = viewsOf(offer);
    const item = (view: View) => (
      <WayItem key={view} view={view} lack={lackOf(view, self, peer)} onOpen={() => onOpen(offer, view)} />
    );
    return (
      <li
        className="tile"
        data-testid="offer-tile"
        data-menu={isMenuOpen || undefined}
        onContextMenu={(event) => {
          if (first === undefined) return;
          event.preventDefault();
          setMenuOpen(true);
        }}
      >
        <Tooltip
          label={
            <>
              <Text size="sm" fw={600}>
                {offer.name}
              </Text>
              {offer.summary !== '' && <Text size="xs">{offer.summary}</Text>}
            </>
          }
          multiline
          maw={280}
          openDelay={500}
          disabled={isMenuOpen}
          withinPortal
          portalProps={{ target: '#content' }}
        >
          <UnstyledButton
            className="tile-button"
            data-tile
            aria-description={hint === offer.summary ? undefined : offer.summary}
            aria-disabled={first === undefined}
            onClick={() => first !== undefined && onOpen(offer, first)}
          >
            <OfferIcon offer={offer} sizePx={56} />
            <span className="tile-name">{offer.name}</span>
            {hint !== null && <span className="tile-note">{hint}</span>}
            {first === undefined && <span className="tile-note">{t('ui.tile.newer')}</span>}
          </UnstyledButton>
        </Tooltip>
        {first !== undefined && (
          <Menu
            opened={isMenuOpen}
            onChange={setMenuOpen}
            position="bottom-start"
            width={280}
            returnFocus
            withInitialFocusPlaceholder={false}
            portalProps={{ target: '#content' }}
          >
            <Menu.Target>
              <ActionIcon
                className="tile-menu"
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('ui.tile.more', { offer: offer.name })}
              >
                <IconDotsVertical size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {item(first)}
              <Menu.Item leftSection={<IconAdjustments size={18} />} onClick={() => onOptions(offer)}>
                {t('ui.options.menu')}
                <Text size="xs" c="dimmed">
                  {t('ui.options.menuHint')}
                </Text>
              </Menu.Item>
              {others.map(item)}
            </Menu.Dropdown>
          </Menu>
        )}
      </li>
    );
  },
  (before, after) =>
    before.offer === after.offer &&
    before.hint === after.hint &&
    before.self === after.self &&
    before.peer.views?.join() === after.peer.views?.join(),
);

function WayItem({ view, lack, onOpen }: { view: View; lack: string | null; onOpen: () => void }) {
  const { t } = useTranslation();
  const { icon: Icon, label, hint } = waysToOpen[view];
  return (
    <Menu.Item leftSection={<Icon size={18} />} disabled={lack !== null} onClick={onOpen}>
      {t(label)}
      <Text size="xs" c={lack === null ? 'dimmed' : 'inherit'}>
        {t(lack ?? hint)}
      </Text>
    </Menu.Item>
  );
}
