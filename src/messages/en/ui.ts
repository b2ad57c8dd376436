// Sentences of the windows (main, pop-up and viewer), by screen.
import { ownTexts } from './ui/own.ts';
import { peerTexts } from './ui/peers.ts';
import { requestTexts } from './ui/requests.ts';
import { settingsTexts } from './ui/settings.ts';
import { useTexts } from './ui/use.ts';
import { windowTexts } from './ui/window.ts';

export const ui = {
  ...windowTexts,
  ...peerTexts,
  ...requestTexts,
  ...useTexts,
  ...ownTexts,
  ...settingsTexts,
} as const;
