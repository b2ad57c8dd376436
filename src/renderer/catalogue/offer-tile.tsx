// One offer in the grid: a click asks for it, its menu has the other ways to open it.
import { ActionIcon, Menu, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconAdjustments, IconAppWindow, IconDotsVertical, IconScreenShare, IconTerminal2 } from '@tabler/icons-react';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../../contract/offers.ts';
import { OfferIcon } from '../components/offer-icon.tsx';
import { canLaunch } from '../lib/offers.ts';

interface OfferTileProps {
  readonly offer: Offer;
  /** What tells it from another one of the same name; null where there is none. */
  readonly hint: string | null;
  readonly canShowNative: boolean;
  readonly onLaunch: (offer: Offer) => void;
  readonly onNative: (offer: Offer) => void;
  readonly onSshCommand: (offer: Offer) => void;
  readonly onOptions: (offer: Offer) => void;
}

export const OfferTile = memo(
  function OfferTile({ offer, hint, canShowNative, onLaunch, onNative, onSshCommand, onOptions }: OfferTileProps) {
    const { t } = useTranslation();
    const [isMenuOpen, setMenuOpen] = useState(false);
    const isEnabled = canLaunch(offer);
    const reason = isEnabled ? null : t('ui.tile.newer');
    return (
      <li
        className="tile"
        data-testid="offer-tile"
        data-menu={isMenuOpen || undefined}
        onContextMenu={(event) => {
          if (!isEnabled) return;
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
            aria-disabled={!isEnabled}
            onClick={() => isEnabled && onLaunch(offer)}
          >
            <OfferIcon offer={offer} sizePx={56} />
            <span className="tile-name">{offer.name}</span>
            {hint !== null && <span className="tile-note">{hint}</span>}
            {reason !== null && <span className="tile-note">{reason}</span>}
          </UnstyledButton>
        </Tooltip>
        {isEnabled && (
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
              <Menu.Item leftSection={<IconScreenShare size={18} />} onClick={() => onLaunch(offer)}>
                {t('ui.tile.viewer')}
                <Text size="xs" c="dimmed">
                  {t('ui.tile.viewerHint')}
                </Text>
              </Menu.Item>
              <Menu.Item leftSection={<IconAdjustments size={18} />} onClick={() => onOptions(offer)}>
                {t('ui.options.menu')}
                <Text size="xs" c="dimmed">
                  {t('ui.options.menuHint')}
                </Text>
              </Menu.Item>
              <Menu.Item
                leftSection={<IconAppWindow size={18} />}
                disabled={!canShowNative}
                onClick={() => onNative(offer)}
              >
                {t('ui.tile.native')}
                <Text size="xs" c={canShowNative ? 'dimmed' : 'inherit'}>
                  {t(canShowNative ? 'ui.tile.nativeHint' : 'ui.tile.nativeMissing')}
                </Text>
              </Menu.Item>
              <Menu.Item leftSection={<IconTerminal2 size={18} />} onClick={() => onSshCommand(offer)}>
                {t('ui.tile.sshCommand')}
                <Text size="xs" c="dimmed">
                  {t('ui.tile.sshCommandHint')}
                </Text>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </li>
    );
  },
  (before, after) =>
    before.offer === after.offer && before.hint === after.hint && before.canShowNative === after.canShowNative,
);
