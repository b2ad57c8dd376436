// When this person is not asked: at once, or at the same hours each day.
import { Group, Switch, Text, TextInput } from '@mantine/core';
import { useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isQuietAt } from '../../contract/quiet-hours.ts';
import type { Settings } from '../../contract/settings.ts';
import { formatClock } from '../lib/format.ts';
import { useAction, useCore, useNow, useTopic } from '../use-core.tsx';
import { SwitchSetting } from './fields.tsx';
import { SettingRow } from './setting-row.tsx';

/** Why nobody is asked now, and when that ends where it ends by itself; null when people are asked. */
export function useQuiet(): { readonly why: 'switched' } | { readonly why: 'hours'; readonly until: string } | null {
  const settings = useTopic('settings');
  const now = useNow(20_000);
  if (settings.isDoNotDisturb) return { why: 'switched' };
  return isQuietAt(settings, new Date(now)) ? { why: 'hours', until: settings.quietHours.to } : null;
}

export function QuietSettings() {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const { quietHours } = useTopic('settings');
  const quiet = useQuiet();
  const id = useId();
  const save = (change: Partial<Settings['quietHours']>) =>
    run(() => core.call('settings.update', { quietHours: change }));
  return (
    <>
      <SwitchSetting name="isDoNotDisturb" label={t('ui.quiet.switch')} hint={t('ui.quiet.switchHint')} />
      <SettingRow label={t('ui.quiet.hours')} hint={t('ui.quiet.hoursHint')} labelFor={id}>
        <Switch
          id={id}
          aria-describedby={`${id}-hint`}
          checked={quietHours.isOn}
          onChange={(event) => void save({ isOn: event.currentTarget.checked })}
        />
      </SettingRow>
      {quietHours.isOn && (
        <Group className="quiet-times" gap="sm">
          <ClockTime label={t('ui.quiet.from')} value={quietHours.from} onSave={(from) => save({ from })} />
          <ClockTime label={t('ui.quiet.to')} value={quietHours.to} onSave={(to) => save({ to })} />
          <Text size="sm" c="dimmed" role="status">
            {quietHours.from === quietHours.to
              ? t('ui.quiet.empty')
              : quiet?.why === 'hours'
                ? t('ui.quiet.now', { time: formatClock(quietHours.to) })
                : t('ui.quiet.later', { time: formatClock(quietHours.from) })}
          </Text>
        </Group>
      )}
    </>
  );
}

/** Saves a time of the day when it is left: while it is typed it is another one with each key. */
function ClockTime({ label, value, onSave }: { label: string; value: string; onSave: (time: string) => unknown }) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const finish = () => {
    if (draft === '') setDraft(value);
    else if (draft !== value) onSave(draft);
  };
  return (
    <TextInput
      type="time"
      label={label}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={finish}
      onKeyDown={(event) => event.key === 'Enter' && finish()}
    />
  );
}
