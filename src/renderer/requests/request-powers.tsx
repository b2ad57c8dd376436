// What a request wants to touch, line by line, so that the person can take any of it away before saying yes.

import { SegmentedControl, Switch } from '@mantine/core';
import { IconEye, IconHourglass, IconLock } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Request } from '../../contract/consent.ts';
import type { Powers } from '../../contract/powers.ts';
import { canTakeAway, hasPower, withPower } from '../../contract/powers.ts';
import { powerNames, rowOf } from '../../contract/views.ts';
import { powerIcons } from '../components/power-icons.ts';
import { formatDuration } from '../lib/format.ts';
import { timeLimitChoices } from '../lib/powers.ts';
import './request-powers.css';

interface RequestPowersProps {
  readonly request: Request;
  /** The name as it may be shown. */
  readonly who: string;
  readonly powers: Powers;
  readonly isArmed: boolean;
  readonly onChange: (powers: Powers) => void;
}

export function RequestPowers({ request, who, powers, isArmed, onChange }: RequestPowersProps) {
  const { t } = useTranslation();
  const limitId = useId();
  const asked = powerNames.filter((name) => hasPower(request.powers, name));
  return (
    <fieldset className="request-powers">
      <legend>{t('ui.request.mayTouch')}</legend>
      {asked.length === 0 && <p className="request-none">{t('ui.request.nothingAsked')}</p>}
      {asked.map((name) => {
        const Icon = powerIcons[name];
        return (
          <PowerLine
            key={name}
            icon={<Icon size={18} />}
            label={t(`ui.power.${name}.name`)}
            hint={t(`ui.power.${name}.host`, { peer: who })}
            isOn={hasPower(powers, name)}
            isDisabled={!isArmed}
            lock={canTakeAway(request.view, name) ? null : t('ui.power.locked.clipboard')}
            onSwitch={(isOn) => onChange(withPower(powers, name, isOn))}
          />
        );
      })}
      {rowOf(request.view).isViewOnly === 'held' && (
        <PowerLine
          icon={<IconEye size={18} />}
          label={t('ui.power.isViewOnly.name')}
          hint={t('ui.power.isViewOnly.host', { peer: who })}
          isOn={powers.isViewOnly}
          isDisabled={!isArmed}
          lock={request.powers.isViewOnly ? t('ui.power.locked.isViewOnly', { peer: who }) : null}
          onSwitch={(isViewOnly) => onChange({ ...powers, isViewOnly })}
        />
      )}
      <div className="request-power">
        <span className="request-power-icon" aria-hidden>
          <IconHourglass size={18} />
        </span>
        <span className="request-power-text" id={limitId}>
          {t('ui.power.timeLimit.name')}
        </span>
        <SegmentedControl
          size="xs"
          aria-labelledby={limitId}
          disabled={!isArmed}
          value={String(powers.timeLimitMin)}
          onChange={(value) => onChange({ ...powers, timeLimitMin: value === 'null' ? null : Number(value) })}
          data={timeLimitChoices(request.powers.timeLimitMin).map((minutes) => ({
            value: String(minutes),
            label: minutes === null ? t('ui.power.timeLimit.none') : formatDuration(minutes * 60_000),
          }))}
        />
      </div>
    </fieldset>
  );
}

function PowerLine(props: {
  icon: ReactNode;
  label: string;
  hint: string;
  isOn: boolean;
  isDisabled: boolean;
  /** Why it is as it is, whatever the person wants; null where they decide. */
  lock: string | null;
  onSwitch: (isOn: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="request-power">
      <span className="request-power-icon" aria-hidden>
        {props.icon}
      </span>
      <div className="request-power-text">
        <label htmlFor={id}>{props.label}</label>
        <span className="request-power-hint" id={`${id}-hint`}>
          {props.hint}
          {props.lock !== null && ` ${props.lock}`}
        </span>
      </div>
      <Switch
        id={id}
        size="sm"
        aria-describedby={`${id}-hint`}
        checked={props.isOn}
        disabled={props.isDisabled || props.lock !== null}
        // A disabled switch is drawn as one that is off; this one is on, and stays so.
        {...(props.lock !== null && { className: 'request-locked', thumbIcon: <IconLock size={10} aria-hidden /> })}
        onChange={(event) => props.onSwitch(event.currentTarget.checked)}
      />
    </div>
  );
}
