// Chooses one category of a list of offers, or all of them.
import { Chip, Group, type GroupProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '../lib/format.ts';
import type { Category, CategoryCount } from '../lib/offers.ts';

interface CategoryChipsProps extends Pick<GroupProps, 'mb'> {
  readonly categories: readonly CategoryCount[];
  /** Of all offers. */
  readonly total: number;
  readonly value: Category | 'all';
  readonly onChange: (category: Category | 'all') => void;
}

export function CategoryChips({ categories, total, value, onChange, mb }: CategoryChipsProps) {
  const { t } = useTranslation();
  if (categories.length < 2) return null;
  return (
    <Chip.Group multiple={false} value={value} onChange={(next) => onChange(next as Category | 'all')}>
      <Group
        gap={6}
        {...(mb !== undefined && { mb })}
        className="category-chips"
        role="radiogroup"
        aria-label={t('ui.catalogue.categories')}
      >
        <Chip value="all" size="xs" variant="light">
          {t('ui.catalogue.all', { count: total, total: formatNumber(total) })}
        </Chip>
        {categories.map((one) => (
          <Chip key={one.category} value={one.category} size="xs" variant="light">
            {t('ui.catalogue.category', {
              category: t(`ui.category.${one.category}`),
              total: formatNumber(one.count),
            })}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}
