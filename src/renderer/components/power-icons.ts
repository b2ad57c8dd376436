// One picture for each power, the same wherever it is shown.

import { IconClipboardCheck, IconClipboardCopy, IconFiles, IconWorld } from '@tabler/icons-react';
import type { PowerName } from '../../contract/views.ts';

export const powerIcons: Readonly<Record<PowerName, typeof IconWorld>> = {
  clipboardIn: IconClipboardCheck,
  clipboardOut: IconClipboardCopy,
  network: IconWorld,
  files: IconFiles,
};
