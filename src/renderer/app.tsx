// What every window has: theme, messages, notices, the tie to the core, and what is shown while there is none.
import { Button, Center, Loader, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { IconKey, IconPlugConnectedX } from '@tabler/icons-react';
import { type ReactNode, Suspense } from 'react';
import { I18nextProvider, useTranslation } from 'react-i18next';
import { messages } from '../messages/messages.ts';
import { colorSchemeManager } from './color-scheme.ts';
import { Hint } from './components/hint.tsx';
import type { CoreConnection } from './core-connection.ts';
import { cssVariables, theme } from './theme.ts';
import { CoreProvider, useConnectionState, useCore, useIsReady } from './use-core.tsx';

export function App({ core, children }: { core: CoreConnection; children: ReactNode }) {
  return (
    <I18nextProvider i18n={messages}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={colorSchemeManager}
        defaultColorScheme="auto"
      >
        {/* Security: below a request, so that no notice hides what is agreed to. Others can cause notices too. */}
        <Notifications position="bottom-left" containerWidth={380} zIndex={240} />
        <CoreProvider core={core}>
          <Gate>
            <Suspense fallback={<Waiting />}>{children}</Suspense>
          </Gate>
        </CoreProvider>
      </MantineProvider>
    </I18nextProvider>
  );
}

/** Shows its children once every topic has arrived; from then on they stay, with a banner while the core is away. */
function Gate({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const core = useCore();
  const state = useConnectionState();
  const isReady = useIsReady();
  if (state === 'refused')
    return (
      <main>
        <Hint
          isPage
          icon={<IconKey size={32} />}
          title={t('ui.connection.refusedTitle')}
          text={t('ui.connection.refused')}
        >
          <Button mt="md" variant="light" onClick={() => location.reload()}>
            {t('ui.common.tryAgain')}
          </Button>
        </Hint>
      </main>
    );
  if (!isReady)
    return state === 'lost' ? (
      <main>
        <Hint
          isPage
          icon={<IconPlugConnectedX size={32} />}
          title={t('ui.connection.lostTitle')}
          text={t('ui.connection.lostText')}
        >
          <Button mt="md" variant="light" onClick={core.retryNow}>
            {t('ui.common.tryAgain')}
          </Button>
        </Hint>
      </main>
    ) : (
      <Waiting />
    );
  return children;
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center component="main" h="100vh">
      <Loader aria-label={t('ui.connection.connecting')} role="status" />
    </Center>
  );
}
