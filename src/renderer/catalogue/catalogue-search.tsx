// The field that searches a catalogue; the key / leads to it, and the arrow down from it to the first tile.
import { ActionIcon, Kbd, TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

interface CatalogueSearchProps {
  readonly peerName: string;
  readonly query: string;
  readonly onChange: (query: string) => void;
}

export function CatalogueSearch({ peerName, query, onChange }: CatalogueSearchProps) {
  const { t } = useTranslation();
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      search.current?.focus();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);

  return (
    <TextInput
      ref={search}
      className="catalogue-search"
      type="search"
      placeholder={t('ui.common.search')}
      aria-label={t('ui.catalogue.search', { peer: peerName })}
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSectionWidth={40}
      rightSection={
        query === '' ? (
          <Kbd size="xs" aria-hidden>
            /
          </Kbd>
        ) : (
          <ActionIcon variant="subtle" color="gray" aria-label={t('ui.common.clear')} onClick={() => onChange('')}>
            <IconX size={16} />
          </ActionIcon>
        )
      }
      value={query}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onChange('');
        if (event.key === 'ArrowDown') {
          event.preventDefault();
          document.querySelector<HTMLElement>('.tiles [data-tile]')?.focus();
        }
      }}
    />
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
