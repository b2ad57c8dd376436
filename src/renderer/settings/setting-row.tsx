// One setting: its name and what it means on the left, the control on the right.
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import './settings.css';

export function SettingRow(props: { label: string; hint: string; labelFor?: string; children: ReactNode }) {
  return (
    <div className="setting">
      <div className="setting-text">
        {props.labelFor === undefined ? (
          <Text fw={600} size="sm">
            {props.label}
          </Text>
        ) : (
          <Text fw={600} size="sm" component="label" display="block" htmlFor={props.labelFor}>
            {props.label}
          </Text>
        )}
        <Text size="sm" c="dimmed" {...(props.labelFor !== undefined && { id: `${props.labelFor}-hint` })}>
          {props.hint}
        </Text>
      </div>
      <div className="setting-control">{props.children}</div>
    </div>
  );
}
