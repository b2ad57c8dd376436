// What a viewer's session may do beyond showing the program, and how long: small marks in its bar, each with its sentence.
import { Text, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconClipboardCopy, IconClock, IconEye, IconWorld } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../contract/sessions.ts';
import { formatDuration } from '../lib/format.ts';
import { sayPeer } from '../lib/peers.ts';
import { useNow } from '../use-core.tsx';

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const;

export function ViewerPowers({ session }: { session: Session }) {
  const { t } = useTranslation();
  const { powers, endsAt } = session;
  const now = useNow(1000, endsAt !== null);
  const leftMs = endsAt === null ? 0 : Math.max(0, endsAt - now);
  const clipboard = [
    ...(powers.clipboardIn ? [t('ui.viewer.powers.clipboardIn')] : []),
    ...(powers.clipboardOut ? [t('ui.viewer.powers.clipboardOut')] : []),
  ].join(' ');
  return (
    <ul className="viewer-powers" aria-label={t('ui.viewer.powers.label')}>
      {powers.isViewOnly && <Mark icon={<IconEye {...ICON} />} sentence={t('ui.viewer.powers.isViewOnly')} />}
      {clipboard !== '' && <Mark icon={<IconClipboardCopy {...ICON} />} sentence={clipboard} />}
      {powers.network !== 'none' && (
        <Mark
          icon={<IconWorld {...ICON} />}
          sentence={t('ui.viewer.powers.network', { peer: sayPeer(session, { isMarked: true }) })}
        />
      )}
      {endsAt !== null && (
        <Mark
          icon={
            <>
              <IconClock {...ICON} />
              <Text size="xs" component="span" aria-hidden>
                {formatDuration(leftMs)}
              </Text>
            </>
          }
          isUrgent={leftMs < 60_000}
          // Minutes are enough to be read aloud: a sentence that changes each second is no information.
          sentence={t('ui.viewer.powers.timeLeft', { time: formatDuration(Math.ceil(leftMs / 60_000) * 60_000) })}
        />
      )}
    </ul>
  );
}

function Mark({ icon, sentence, isUrgent = false }: { icon: ReactNode; sentence: string; isUrgent?: boolean }) {
  return (
    <Tooltip label={sentence} multiline maw={260}>
      <li className="viewer-power" data-urgent={isUrgent || undefined}>
        {icon}
        <VisuallyHidden>{sentence}</VisuallyHidden>
      </li>
    </Tooltip>
  );
}
