// Where the main window shows what is in use: a column on the right, or a bar at the bottom.
import { UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Activity, useActivity } from '../activity/activity.tsx';
import { useIsScrolling } from '../components/use-is-scrolling.ts';
import { formatNumber } from '../lib/format.ts';

export function ActivityColumn() {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  const isScrolling = useIsScrolling(box);
  return (
    <aside className="house-aside" aria-label={t('ui.activity.title')} ref={box} {...(isScrolling && { tabIndex: 0 })}>
      <h2>{t('ui.activity.title')}</h2>
      <div>
        <Activity />
      </div>
    </aside>
  );
}

/** Where there is no room on the right: a bar at the bottom that is always there and opens over what is under way. */
export function ActivityStrip() {
  const { t } = useTranslation();
  const { asks, visiting, hosting } = useActivity();
  const live = [...visiting, ...hosting].filter((session) => session.state !== 'ended').length;
  const total = asks.length + visiting.length + hosting.length;
  const isTall = useMediaQuery('(min-width: 640px) and (min-height: 600px)', true, { getInitialValueInEffect: false });
  const [isOpen, setOpen] = useState(total > 0 && isTall);
  const [lastTotal, setLastTotal] = useState(total);
  if (lastTotal !== total) {
    // Something new is shown, and an empty list is not.
    setLastTotal(total);
    if (total > lastTotal) setOpen(true);
    else if (total === 0) setOpen(false);
  }
  const waiting = asks.filter((ask) => ask.state === 'waiting' || ask.state === 'connecting').length;
  return (
    <aside className="strip" aria-label={t('ui.activity.title')}>
      <VisuallyHidden component="h2">{t('ui.activity.title')}</VisuallyHidden>
      <UnstyledButton className="strip-bar" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="strip-title">{t('ui.activity.title')}</span>
        <span className="strip-count ellipsis">
          {total === 0
            ? t('ui.activity.emptyTitle')
            : t('ui.activity.summary', { running: formatNumber(live), waiting: formatNumber(waiting) })}
        </span>
        {isOpen ? <IconChevronDown size={18} aria-hidden /> : <IconChevronUp size={18} aria-hidden />}
      </UnstyledButton>
      {isOpen && (
        <div className="strip-body">
          <Activity />
        </div>
      )}
    </aside>
  );
}
