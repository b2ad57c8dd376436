// An offer's icon, or its first letter where there is none.
import { useState } from 'react';
import type { Offer } from '../../contract/offers.ts';
import './offer-icon.css';

/** Hues that keep white letters readable. */
const HUES = [174, 205, 232, 262, 318, 348, 20, 42, 150] as const;

export function OfferIcon({ offer, sizePx }: { offer: Pick<Offer, 'icon' | 'name'>; sizePx: number }) {
  const [failedHash, setFailedHash] = useState<string | null>(null);
  if (offer.icon !== null && failedHash !== offer.icon)
    return (
      <img
        className="offer-icon"
        src={`icons/${offer.icon}`}
        alt=""
        width={sizePx}
        height={sizePx}
        loading="lazy"
        draggable={false}
        onError={() => setFailedHash(offer.icon)}
      />
    );
  const letter = [...offer.name.trim()][0]?.toLocaleUpperCase() ?? '?';
  const hue = HUES[[...offer.name].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0) % HUES.length] ?? 174;
  return (
    <span
      aria-hidden
      className="offer-icon offer-letter"
      data-letter={letter}
      style={{
        width: sizePx,
        height: sizePx,
        fontSize: sizePx * 0.46,
        background: `linear-gradient(160deg, hsl(${hue} 48% 40%), hsl(${hue} 56% 29%))`,
      }}
    />
  );
}
