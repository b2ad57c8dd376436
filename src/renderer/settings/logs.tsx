// The last lines of this computer's log.
import { Button, CopyButton, Group, Text } from '@mantine/core';
import { IconCopy, IconRefresh } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAction, useConnectionEpoch, useCore } from '../use-core.tsx';
import './settings.css';

const MAX_LINES = 500;

export function Logs() {
  const { t } = useTranslation();
  const core = useCore();
  const epoch = useConnectionEpoch();
  const { isBusy, run } = useAction();
  const [lines, setLines] = useState<readonly string[] | null>(null);
  const box = useRef<HTMLPreElement>(null);
  const read = useCallback(
    () => run(async () => setLines((await core.call('logs.read', { maxLines: MAX_LINES })).lines)),
    [core, run],
  );
  useEffect(() => {
    if (epoch > 0) void read();
  }, [read, epoch]);
  useEffect(() => {
    if (lines !== null && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const text = (lines ?? []).join('\n');
  return (
    <div>
      <Group justify="space-between" mb="sm">
        <Text size="sm" c="dimmed">
          {t('ui.logs.text', { count: MAX_LINES })}
        </Text>
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconRefresh size={15} />}
            loading={isBusy}
            onClick={read}
          >
            {t('ui.logs.refresh')}
          </Button>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button size="compact-sm" variant="default" leftSection={<IconCopy size={15} />} onClick={copy}>
                {t(copied ? 'ui.common.copied' : 'ui.common.copy')}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Group>
      <pre
        ref={box}
        className="panel logs"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard too
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t('ui.settings.section.logs')}
      >
        {lines !== null && lines.length === 0 ? t('ui.logs.empty') : text}
      </pre>
    </div>
  );
}
