// An empty state: what is not here, why, and what to do about it.
import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import './hint.css';

export function Hint(props: {
  icon: ReactNode;
  title: string;
  text?: string;
  children?: ReactNode;
  isSmall?: boolean;
  /** Whether its title is the page's. */
  isPage?: boolean;
}) {
  return (
    <Stack className="hint" data-small={props.isSmall || undefined} align="center" gap="xs">
      <span className="hint-icon" aria-hidden>
        {props.icon}
      </span>
      {props.isSmall ? (
        <Text fw={600} size="sm">
          {props.title}
        </Text>
      ) : (
        <Title order={props.isPage ? 1 : 2} size="h4">
          {props.title}
        </Title>
      )}
      {props.text !== undefined && (
        <Text c="dimmed" size="sm" maw={460}>
          {props.text}
        </Text>
      )}
      {props.children}
    </Stack>
  );
}
