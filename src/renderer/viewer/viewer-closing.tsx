// What the bar of a viewer says while its program is asked to close, and the ways out of that.
import { Button, Text } from '@mantine/core';
import { IconPower } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../contract/sessions.ts';
import { ARMED_AFTER_MS, useAfter } from '../use-after.ts';
import { useAction, useCore } from '../use-core.tsx';

/** Most programs have closed by then, and nothing needs to be said. */
const SAID_AFTER_MS = 500;

/** Disconnect; and, when that asks, the way to end it all the same. */
export function DisconnectButton({ session, isLive }: { session: Session | undefined; isLive: boolean }) {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const isClosing = session !== undefined && session.closing !== 'no';
  const isArmed = useAfter(isClosing, ARMED_AFTER_MS);
  return (
    <Button
      size="compact-sm"
      color="red"
      variant="light"
      className="viewer-disconnect"
      leftSection={<IconPower size={16} />}
      disabled={!isLive || session === undefined || (isClosing && !isArmed)}
      onClick={() =>
        session !== undefined && run(() => core.call('sessions.end', { sessionId: session.id, isNow: isClosing }))
      }
    >
      {t(isClosing ? 'ui.viewer.closing.anyway' : 'ui.viewer.disconnect')}
    </Button>
  );
}

/** Above the program's screen, which keeps its size. */
export function ClosingLine({ session, offer }: { session: Session; offer: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const isSaid = useAfter(session.closing !== 'no', SAID_AFTER_MS);
  const isShown = session.closing === 'asking' || (session.closing === 'closing' && isSaid);
  return (
    <div className="viewer-closing" data-shown={isShown || undefined}>
      <Text size="sm" role="status" className="viewer-closing-text">
        {isShown &&
          t(session.closing === 'asking' ? 'ui.viewer.closing.asking' : 'ui.viewer.closing.closing', { offer })}
      </Text>
      {isShown && (
        <Button
          size="compact-sm"
          variant="default"
          loading={isBusy}
          onClick={() => run(() => core.call('sessions.keep', { sessionId: session.id }))}
        >
          {t('ui.viewer.closing.keep')}
        </Button>
      )}
    </div>
  );
}
