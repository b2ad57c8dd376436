// Further folders that every container sees.
import { ActionIcon, Alert, Button, SegmentedControl, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconFolder, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mount } from '../../contract/models.ts';
import { isPrivatePath } from '../lib/paths.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import './settings.css';

export function Mounts() {
  const { t } = useTranslation();
  const core = useCore();
  const { mounts } = useTopic('settings');
  const { isBusy, run } = useAction();
  const [path, setPath] = useState('');
  const [mode, setMode] = useState<Mount['mode']>('ro');
  const [problem, setProblem] = useState<string | null>(null);
  const save = (path: string, mode: Mount['mode'] | null) => run(() => core.call('mounts.set', { path, mode }));

  const add = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = path.trim().replace(/(?<=.)\/+$/, '');
    if (!trimmed.startsWith('/')) {
      setProblem(t('ui.mount.notAbsolute'));
      return;
    }
    setProblem(null);
    if (await save(trimmed, mode)) setPath('');
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
                {t(`ui.mount.${mount.mode}`)}
                {isPrivatePath(mount.path) && (
                  <span className="list-warning">
                    {' · '}
                    {t('ui.mount.private')}
                  </span>
                )}
              </div>
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
            onChange={(event) => setPath(event.currentTarget.value)}
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
        {isPrivatePath(path.trim()) && (
          <Alert color="yellow" icon={<IconAlertTriangle size={18} />} m="md" mt={0} role="status">
            {t('ui.mount.privateWarning')}
          </Alert>
        )}
      </div>
    </section>
  );
}
