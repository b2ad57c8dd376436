// The last lines of this computer's log.
import { Button, CopyButton, Group, Switch, Text } from '@mantine/core';
import { IconCopy, IconRefresh } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type LogLine, parseLogLine } from '../lib/log-line.ts';
import { useAction, useConnectionEpoch, useCore } from '../use-core.tsx';
import './settings.css';

const MAX_LINES = 500;

export function Logs() {
  const { t } = useTranslation();
  const core = useCore();
  const epoch = useConnectionEpoch();
  const { isBusy, run } = useAction();
  const [lines, setLines] = useState<readonly string[] | null>(null);
  const [isRaw, setRaw] = useState(false);
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
  const events = useMemo(() => (lines ?? []).map(parseLogLine), [lines]);
  const toText = ({ time, level, sentence, facts }: LogLine) =>
    time === ''
      ? sentence
      : [time, t(`ui.logs.level.${level}`), sentence, facts].filter((part) => part !== '').join(' ');
  const getText = () => (isRaw ? (lines ?? []) : events.map(toText)).join('\n');
  return (
    <div>
      <Group justify="space-between" mb="sm">
        <Text size="sm" c="dimmed">
          {t('ui.logs.text', { count: MAX_LINES })}
        </Text>
        <Group gap="xs">
          <Switch
            size="sm"
            label={t('ui.logs.raw')}
            checked={isRaw}
            onChange={(event) => setRaw(event.currentTarget.checked)}
          />
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconRefresh size={15} />}
            loading={isBusy}
            onClick={read}
          >
            {t('ui.logs.refresh')}
          </Button>
          <CopyButton value={getText()}>
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
        {lines !== null && lines.length === 0
          ? t('ui.logs.empty')
          : isRaw
            ? getText()
            : events.map((event, index) => <LogRow key={index} event={event} />)}
      </pre>
    </div>
  );
}

function LogRow({ event }: { event: LogLine }) {
  const { t } = useTranslation();
  if (event.time === '') return <div className="log-line">{event.sentence}</div>;
  return (
    <div className="log-line" data-level={event.level}>
      <span className="log-dim">{event.time}</span>{' '}
      <span className="log-level">{t(`ui.logs.level.${event.level}`)}</span> {event.sentence}
      {event.facts !== '' && <span className="log-dim"> {event.facts}</span>}
    </div>
  );
}
