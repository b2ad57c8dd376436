// Controls of settings that save by themselves: switches at once, fields when they are left or Enter is pressed.
import { NumberInput, Switch, TextInput } from '@mantine/core';
import { useEffect, useId, useState } from 'react';
import type { MethodInput } from '../../contract/contract.ts';
import { toProblem } from '../../contract/errors.ts';
import { say, sayProblem } from '../../messages/messages.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { SettingRow } from './setting-row.tsx';

type Change = MethodInput<'settings.update'>;

export function SwitchSetting(props: {
  name:
    | 'isWarmUp'
    | 'isStartedAtLogin'
    | 'isKeySealed'
    | 'hasNotifications'
    | 'isSharedByDefault'
    | 'isPaused'
    | 'isDoNotDisturb';
  label: string;
  hint: string;
  onChange?: (isOn: boolean) => void;
}) {
  const core = useCore();
  const id = useId();
  const settings = useTopic('settings');
  const { run } = useAction();
  return (
    <SettingRow label={props.label} hint={props.hint} labelFor={id}>
      <Switch
        id={id}
        aria-describedby={`${id}-hint`}
        checked={settings[props.name]}
        onChange={(event) => {
          const isOn = event.currentTarget.checked;
          props.onChange?.(isOn);
          void run(() => core.call('settings.update', { [props.name]: isOn } as Change));
        }}
      />
    </SettingRow>
  );
}

/** Keeps what is typed until it is left, then saves it; what the core refuses stays with its reason. */
function useDraft<V extends string | number>(saved: V, toChange: (value: V) => Change) {
  const core = useCore();
  const [draft, setDraft] = useState(saved);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setDraft(saved), [saved]);
  const save = async (value: V) => {
    if (value === saved) {
      setProblem(null);
      return;
    }
    try {
      await core.call('settings.update', toChange(value));
      setProblem(null);
    } catch (error) {
      setProblem(sayProblem(toProblem(error)));
    }
  };
  return { draft, setDraft, problem, setProblem, save };
}

export function NameSetting({ label, hint }: { label: string; hint: string }) {
  const id = useId();
  const { name } = useTopic('settings');
  const { draft, setDraft, problem, setProblem, save } = useDraft(name, (value) => ({ name: value }));
  const finish = () => {
    if (draft.trim() === '') setProblem(say('ui.settings.nameEmpty'));
    else void save(draft.trim());
  };
  return (
    <SettingRow label={label} hint={hint} labelFor={id}>
      <TextInput
        id={id}
        aria-describedby={`${id}-hint`}
        value={draft}
        maxLength={100}
        error={problem}
        autoComplete="off"
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={finish}
        onKeyDown={(event) => event.key === 'Enter' && finish()}
      />
    </SettingRow>
  );
}

export function NumberSetting(props: {
  name: 'peerPort' | 'answerTimeoutS' | 'maxUploadMib';
  label: string;
  hint: string;
  min: number;
  max: number;
  suffix?: string;
}) {
  const id = useId();
  const settings = useTopic('settings');
  const { draft, setDraft, problem, save } = useDraft<number | string>(settings[props.name], (value) => ({
    [props.name]: Number(value),
  }));
  const finish = () => {
    if (draft === '') setDraft(settings[props.name]);
    else void save(Math.min(props.max, Math.max(props.min, Number(draft))));
  };
  return (
    <SettingRow label={props.label} hint={props.hint} labelFor={id}>
      <NumberInput
        id={id}
        aria-describedby={`${id}-hint`}
        value={draft}
        min={props.min}
        max={props.max}
        allowDecimal={false}
        allowNegative={false}
        clampBehavior="blur"
        suffix={props.suffix ?? ''}
        error={problem}
        onChange={setDraft}
        onBlur={finish}
        onKeyDown={(event) => event.key === 'Enter' && finish()}
      />
    </SettingRow>
  );
}
