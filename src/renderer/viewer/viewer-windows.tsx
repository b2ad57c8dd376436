// The windows of the program in a viewer: a button in its bar with the list of them, and keys to go from one to the next.
import { ActionIcon, Popover, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconAppWindow, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProgramWindow, Session } from '../../contract/sessions.ts';
import { useAction, useCore } from '../use-core.tsx';
import { neighbourOf, sortByOwner } from './window-titles.ts';

/** For a session whose program has more than one window. */
export function ViewerWindows({ session, onChosen }: { session: Session; onChosen: () => void }) {
  const { t } = useTranslation();
  const core = useCore();
  const { run } = useAction();
  const [isOpen, setOpen] = useState(false);
  const dropdown = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { id: sessionId } = session;
  const windows = sortByOwner(session.windows);
  const titleOf = (window: ProgramWindow) => window.title || t('ui.viewer.windows.untitled');
  const activate = (window: ProgramWindow) =>
    run(() => core.call('windows.activate', { sessionId, windowId: window.id }));

  const now = useRef({ windows, activate });
  now.current = { windows, activate };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const step = event.key === 'PageDown' ? 1 : event.key === 'PageUp' ? -1 : undefined;
      if (step === undefined || !event.ctrlKey || !event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      const next = neighbourOf(now.current.windows, step);
      if (next !== undefined) void now.current.activate(next);
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);

  useEffect(() => {
    if (!isOpen) return;
    // The program's screen keeps its clicks for itself, so nobody above it hears of them.
    const onPointerDown = (event: PointerEvent) => {
      const target = event.target as Node;
      if (dropdown.current?.contains(target) !== true && button.current?.contains(target) !== true) setOpen(false);
    };
    window.addEventListener('pointerdown', onPointerDown, { capture: true });
    return () => window.removeEventListener('pointerdown', onPointerDown, { capture: true });
  }, [isOpen]);

  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" shadow="md" trapFocus returnFocus width={340}>
      <Popover.Target>
        <Tooltip label={t('ui.viewer.windows.hint')} multiline maw={260} disabled={isOpen}>
          <ActionIcon
            ref={button}
            variant={isOpen ? 'light' : 'subtle'}
            color={isOpen ? 'pool' : 'gray'}
            className="viewer-windows-button"
            aria-label={t('ui.viewer.windows.open', { count: windows.length })}
            onClick={() => setOpen(!isOpen)}
          >
            <IconAppWindow size={18} aria-hidden />
            <span aria-hidden>{windows.length}</span>
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown ref={dropdown} p={6} aria-label={t('ui.viewer.windows.title')}>
        <Text size="xs" c="dimmed" px={8} py={4}>
          {t('ui.viewer.windows.title')}
        </Text>
        <ul className="plain-list viewer-windows" aria-label={t('ui.viewer.windows.title')}>
          {windows.map((one) => (
            <li key={one.id} className="viewer-windows-row" data-dialog={one.isDialog || undefined}>
              <UnstyledButton
                className="viewer-windows-name"
                aria-current={one.isActive || undefined}
                title={titleOf(one)}
                onClick={async () => {
                  setOpen(false);
                  await activate(one);
                  onChosen();
                }}
              >
                <bdi className="ellipsis">{titleOf(one)}</bdi>
              </UnstyledButton>
              {one.canClose && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('ui.viewer.windows.close', { window: titleOf(one) })}
                  onClick={() => run(() => core.call('windows.close', { sessionId, windowId: one.id }))}
                >
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
