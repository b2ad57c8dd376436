// A list of the settings that may grow long: its title, what it means, a field to search in it, and what stands there when nothing fits.
import { Text, TextInput, Title } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { Children, type ReactNode, useId } from 'react';
import './settings.css';

/** From this many on there is a field to search in them. */
const SEARCH_FROM = 8;

export function SearchedList(props: {
  title: string;
  text: string;
  searchLabel: string;
  /** How many there are, whether or not they fit what is looked for. */
  total: number;
  query: string;
  onQuery: (query: string) => void;
  /** Said when nothing is shown. */
  empty: string;
  children: ReactNode;
}) {
  const titleId = useId();
  return (
    <section aria-labelledby={titleId}>
      <Title order={2} size="h5" id={titleId}>
        {props.title}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {props.text}
      </Text>
      {props.total >= SEARCH_FROM && (
        <TextInput
          mb="xs"
          aria-label={props.searchLabel}
          placeholder={props.searchLabel}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={props.query}
          onChange={(event) => props.onQuery(event.currentTarget.value)}
        />
      )}
      <div className="panel setting-panel">
        {Children.count(props.children) === 0 && (
          <Text size="sm" c="dimmed" className="list-row">
            {props.empty}
          </Text>
        )}
        {props.children}
      </div>
    </section>
  );
}
