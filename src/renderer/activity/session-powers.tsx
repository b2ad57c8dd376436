// What a session may do beyond showing its program, and how long; the host takes any of it away while it runs.

import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconChevronDown, IconEye, IconHourglass, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Powers } from '../../contract/powers.ts';
import { hasPower, withPower } from '../../contract/powers.ts';
import type { Session } from '../../contract/sessions.ts';
import { powerNames, rowOf } from '../../contract/views.ts';
import { peerLabel } from '../../messages/peer-label.ts';
import { powerIcons } from '../components/power-icons.ts';
import { formatDuration } from '../lib/format.ts';
import { earlierEnds } from '../lib/powers.ts';
import { useAction, useCore } from '../use-core.tsx';

export function SessionPowers({ session, now }: { session: Session; now: number }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const { powers, endsAt } = session;
  const isHost = session.role === 'host';
  const given = powerNames.filter((name) => hasPower(powers, name));
  const narrow = (next: Powers) => run(() => core.call('sessions.narrow', { sessionId: session.id, powers: next }));
  const limits = isHost ? earlierEnds(session, now) : [];
  const limitNow =
    endsAt === null ? t('ui.power.noLimit') : t('ui.power.left', { time: formatDuration(Math.max(0, endsAt - now)) });
  if (given.length === 0 && !powers.isViewOnly && endsAt === null && limits.length === 0) return null;
  const names = { offer: session.offer.name, peer: peerLabel(session, { isMarked: true }) };
  return (
    <ul className="plain-list session-powers" aria-label={t('ui.power.label')}>
      {given.map((name) => {
        const Icon = powerIcons[name];
        const power = t(`ui.power.${name}.name`);
        return (
          <li key={name} className="session-power">
            <Tooltip label={t(`ui.power.${name}.${session.role}`, { peer: names.peer })} multiline maw={260}>
              <span className="session-power-name">
                <Icon size={14} aria-hidden />
                {power}
              </span>
            </Tooltip>
            {isHost && (
              <ActionIcon
                size="xs"
                variant="subtle"
                color="red"
                disabled={isBusy}
                aria-label={t('ui.power.takeAway', { power, ...names })}
                onClick={() => narrow(withPower(powers, name, false))}
              >
                <IconX size={12} />
              </ActionIcon>
            )}
          </li>
        );
      })}
      {powers.isViewOnly && (
        <li className="session-power">
          <span className="session-power-name">
            <IconEye size={14} aria-hidden />
            {t('ui.power.isViewOnly.name')}
          </span>
        </li>
      )}
      {limits.length > 0 ? (
        <li>
          {/* In its landmark, and fixed, so that the list that scrolls does not cut it off. */}
          <Menu
            position="bottom-start"
            withinPortal={false}
            floatingStrategy="fixed"
            withInitialFocusPlaceholder={false}
          >
            <Menu.Target>
              <Button
                size="compact-xs"
                variant="default"
                radius="xl"
                className="session-power-button"
                disabled={isBusy}
                leftSection={<IconHourglass size={14} />}
                rightSection={<IconChevronDown size={12} />}
                aria-label={t('ui.power.limit', { now: limitNow, ...names })}
              >
                {limitNow}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {limits.map(({ inMin, timeLimitMin }) => (
                <Menu.Item key={inMin} onClick={() => narrow({ ...powers, timeLimitMin })}>
                  {t('ui.power.endIn', { time: formatDuration(inMin * 60_000) })}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </li>
      ) : (
        endsAt !== null && (
          <li className="session-power">
            <span className="session-power-name">
              <IconHourglass size={14} aria-hidden />
              {limitNow}
            </span>
          </li>
        )
      )}
    </ul>
  );
}

/** Takes keys and mouse away; null where the session has no view that could be for watching only. */
export function WatchOnlyButton({ session }: { session: Session }) {
  const { t } = useTranslation();
  const core = useCore();
  const { isBusy, run } = useAction();
  const { id, powers, role, view, state, offer } = session;
  if (role !== 'host' || rowOf(view).isViewOnly !== 'held' || state === 'ended' || powers.isViewOnly) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={isBusy}
      leftSection={<IconEye size={16} />}
      aria-label={t('ui.power.makeViewOnly', { offer: offer.name, peer: peerLabel(session, { isMarked: true }) })}
      onClick={() =>
        run(() => core.call('sessions.narrow', { sessionId: id, powers: { ...powers, isViewOnly: true } }))
      }
    >
      {t('ui.power.isViewOnly.name')}
    </Button>
  );
}
