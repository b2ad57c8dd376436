// Further folders that every container sees.
import { ActionIcon, Alert, Button, SegmentedControl, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconFolder, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mount, MountVerdict } from '../../contract/containers.ts';
import { toProblem } from '../../contract/errors.ts';
import { sayProblem } from '../../messages/messages.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { MountNotes } from './mount-notes.tsx';
import './settings.css';

/** A path that is still being typed is not looked at. */
const TYPING_MS = 300;

export function Mounts() {
  const { t } = useTranslation();
  const core = useCore();
  const mounts = useTopic('mounts');
  const { isBusy, run } = useAction();
  const [path, setPath] = useState('');
  const [mode, setMode] = useState<Mount['mode']>('ro');
  const [problem, setProblem] = useState<string | null>(null);
  const verdict = useVerdict(path.trim());
  const save = (path: string, mode: Mount['mode'] | null) => run(() => core.call('mounts.set', { path, mode }));

  const add = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = path.trim().replace(/(?<=.)\/+$/, '');
    if (!trimmed.startsWith('/')) {
      setProblem(t('ui.mount.notAbsolute'));
      return;
    }
    setProblem(null);
    try {
      await core.call('mounts.set', { path: trimmed, mode });
      setPath('');
    } catch (error) {
      // Beside what was typed, and not in a notice that goes away.
      setProblem(sayProblem(toProblem(error)));
    }
  };

  return (
    <section aria-labelledby="mounts-title">
      <Title order={2} size="h5" id="mounts-title">
        {t('ui.mount.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('ui.mount.text')}
      </Text>
      <div className="panel setting-panel">
        {mounts.map((mount) => (
          <div className="list-row" key={mount.path}>
            <IconFolder size={20} aria-hidden />
            <div className="list-text">
              <div className="list-name mono">{mount.path}</div>
              <div className="list-note">
                {t(mount.level === 'refused' ? 'ui.mount.refused' : `ui.mount.${mount.mode}`)}
                {mount.source !== null && mount.source !== mount.path && (
                  <> · {t('ui.mount.leadsTo', { path: mount.source })}</>
                )}
              </div>
              <MountNotes verdict={mount} />
            </div>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t('ui.mount.remove', { path: mount.path })}
              onClick={() => save(mount.path, null)}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </div>
        ))}
        {mounts.length === 0 && (
          <Text size="sm" c="dimmed" className="list-row">
            {t('ui.mount.none')}
          </Text>
        )}
        <form className="list-row mount-form" onSubmit={add} noValidate>
          <TextInput
            className="mount-path"
            aria-label={t('ui.mount.path')}
            placeholder="/srv/music"
            value={path}
            error={problem}
            spellCheck={false}
            maxLength={4096}
            onChange={(event) => {
              setPath(event.currentTarget.value);
              setProblem(null);
            }}
          />
          <SegmentedControl
            aria-label={t('ui.mount.mode')}
            value={mode}
            onChange={(value) => setMode(value as Mount['mode'])}
            data={[
              { value: 'ro', label: t('ui.mount.ro') },
              { value: 'rw', label: t('ui.mount.rw') },
            ]}
          />
          <Button type="submit" variant="light" loading={isBusy}>
            {t('ui.mount.add')}
          </Button>
        </form>
        {verdict !== null && verdict.level !== 'ok' && problem === null && (
          <Alert color="yellow" icon={<IconAlertTriangle size={18} />} m="md" mt={0} role="status">
            <MountNotes verdict={verdict} />
          </Alert>
        )}
      </div>
    </section>
  );
}

/** What the core would make of a folder while its path is typed; null while it is none or is being looked at. */
function useVerdict(path: string): MountVerdict | null {
  const core = useCore();
  const [known, setKnown] = useState<{ readonly path: string; readonly verdict: MountVerdict } | null>(null);
  useEffect(() => {
    if (!path.startsWith('/')) return;
    let isWanted = true;
    const timer = setTimeout(() => {
      core.call('mounts.check', { path }).then(
        (verdict) => isWanted && setKnown({ path, verdict }),
        () => {},
      );
    }, TYPING_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [core, path]);
  return known?.path === path ? known.verdict : null;
}
