// The grid of a peer's offers, and what is asked before one of them opens.
import { type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Offer } from '../../contract/offers.ts';
import type { Peer } from '../../contract/peers.ts';
import type { Powers } from '../../contract/powers.ts';
import { type View, viewNames } from '../../contract/views.ts';
import { tellApart } from '../lib/offers.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { AskOptions } from './ask-options.tsx';
import { launchOffer } from './launch.ts';
import { OfferTile } from './offer-tile.tsx';
import { waysToOpen } from './ways-to-open.ts';

interface OfferGridProps {
  readonly peer: Peer;
  readonly offers: readonly Offer[];
  /** Those that are shown. */
  readonly found: readonly Offer[];
}

export function OfferGrid({ peer, offers, found }: OfferGridProps) {
  const { t } = useTranslation();
  const core = useCore();
  const self = useTopic('self');
  const { run } = useAction();
  const [optionsOffer, setOptionsOffer] = useState<Offer | null>(null);
  const [warned, setWarned] = useState<{ offer: Offer; view: View } | null>(null);
  const hints = useMemo(() => tellApart(offers), [offers]);
  const ask = (offer: Offer, view: View, powers?: Powers) =>
    void run(() =>
      launchOffer(core, { peerId: peer.id, offerId: offer.id, view, ...(powers !== undefined && { powers }) }),
    );
  const open = (offer: Offer, view: View) => {
    if (waysToOpen[view].Warning === null) ask(offer, view);
    else setWarned({ offer, view });
  };

  return (
    <>
      {found.length > 0 && (
        <ul
          className="plain-list tiles"
          aria-label={t('ui.catalogue.label', { peer: peer.name })}
          onKeyDown={moveInGrid}
        >
          {found.map((offer) => (
            <OfferTile
              key={offer.id}
              offer={offer}
              hint={hints.get(offer.id) ?? null}
              self={self}
              peer={peer}
              onOpen={open}
              onOptions={setOptionsOffer}
            />
          ))}
        </ul>
      )}
      <AskOptions
        offer={optionsOffer}
        peerName={peer.name}
        onClose={() => setOptionsOffer(null)}
        onAsk={(offer, view, powers) => {
          setOptionsOffer(null);
          ask(offer, view, powers);
        }}
      />
      {viewNames.map((view) => {
        const { Warning } = waysToOpen[view];
        if (Warning === null) return null;
        return (
          <Warning
            key={view}
            offer={warned?.view === view ? warned.offer : null}
            peerName={peer.name}
            onClose={() => setWarned(null)}
            onConfirm={(offer) => {
              setWarned(null);
              ask(offer, view);
            }}
          />
        );
      })}
    </>
  );
}

/** Arrow keys move between tiles as they are laid out. */
function moveInGrid(event: KeyboardEvent<HTMLUListElement>): void {
  const tiles = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-tile]')];
  const index = tiles.indexOf(document.activeElement as HTMLElement);
  if (index < 0) return;
  const top = (tile: HTMLElement | undefined) => tile?.getBoundingClientRect().top ?? 0;
  const columns = tiles.findIndex((tile) => top(tile) > top(tiles[0]));
  const step = columns < 0 ? tiles.length : columns;
  const moves: Record<string, number> = {
    ArrowRight: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index + step,
    ArrowUp: index - step,
    Home: 0,
    End: tiles.length - 1,
  };
  const next = moves[event.key];
  if (next === undefined) return;
  event.preventDefault();
  tiles[next]?.focus();
}
