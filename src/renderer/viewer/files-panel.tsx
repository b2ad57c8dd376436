// The panel beside a program's screen in which files are exchanged with it.
import {
  ActionIcon,
  Button,
  CloseButton,
  FileButton,
  Group,
  Loader,
  Progress,
  Text,
  Title,
  VisuallyHidden,
} from '@mantine/core';
import { IconDownload, IconFile, IconFolder, IconFolderShare, IconTrash, IconUpload, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FileEntry } from '../../contract/exchange.ts';
import { sayProblem } from '../../messages/messages.ts';
import { formatBinarySize, formatDateTime, formatSize } from '../lib/format.ts';
import { useAction } from '../use-core.tsx';
import type { UploadState } from './uploads.ts';
import type { Files } from './use-files.ts';
import './files-panel.css';

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const;

export function FilesPanel({ files, onClose }: { files: Files; onClose: () => void }) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const resetChooser = useRef<() => void>(null);
  useEffect(() => heading.current?.focus(), []);
  const { list, problem, uploads } = files;
  const entries = list?.entries.toSorted(byName) ?? [];
  return (
    <aside
      className="files-panel"
      aria-label={t('ui.viewer.files.title')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <Group className="files-head" wrap="nowrap">
        <Title order={2} size="h5" ref={heading} tabIndex={-1} className="files-title">
          {t('ui.viewer.files.title')}
        </Title>
        <CloseButton aria-label={t('ui.viewer.files.close')} onClick={onClose} />
      </Group>
      <Text size="sm" c="dimmed">
        {t('ui.viewer.files.text')}
      </Text>
      <FileButton
        multiple
        resetRef={resetChooser}
        onChange={(chosen) => {
          files.send(chosen);
          // Otherwise choosing the same file again would be no change.
          resetChooser.current?.();
        }}
      >
        {(props) => (
          <Button {...props} leftSection={<IconUpload {...ICON} />} variant="light" fullWidth>
            {t('ui.viewer.files.send')}
          </Button>
        )}
      </FileButton>
      {files.maxUploadBytes !== null && (
        <Text size="xs" c="dimmed">
          {t('ui.viewer.files.limit', { size: formatBinarySize(files.maxUploadBytes) })}
        </Text>
      )}
      {uploads.length > 0 && (
        <ul className="plain-list files-list">
          {uploads.map((upload) => (
            <UploadRow key={upload.id} upload={upload} onRemove={() => files.removeUpload(upload.id)} />
          ))}
        </ul>
      )}
      {problem !== null && (
        <Text size="sm" className="files-problem" role="alert">
          {sayProblem(problem)}
        </Text>
      )}
      {list === null && problem === null && (
        <Loader size="sm" m="md" role="status" aria-label={t('ui.viewer.files.loading')} />
      )}
      {list !== null && entries.length === 0 && (
        <div className="files-empty">
          <IconFolderShare size={40} stroke={1.4} aria-hidden />
          <Title order={3} size="h6">
            {t('ui.viewer.files.emptyTitle')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('ui.viewer.files.empty')}
          </Text>
        </div>
      )}
      {entries.length > 0 && (
        <ul className="plain-list files-list files-entries" aria-label={t('ui.viewer.files.list')}>
          {entries.map((entry) => (
            <EntryRow key={entry.name} entry={entry} files={files} />
          ))}
        </ul>
      )}
      {list !== null && list.leftOutCount > 0 && (
        <Text size="xs" c="dimmed">
          {t('ui.viewer.files.leftOut', { count: list.leftOutCount })}
        </Text>
      )}
    </aside>
  );
}

function EntryRow({ entry, files }: { entry: FileEntry; files: Files }) {
  const { t } = useTranslation();
  const { isBusy, run } = useAction();
  const [isAsking, setAsking] = useState(false);
  const { name, sizeBytes, modifiedAt, isFolder } = entry;
  const time = formatDateTime(modifiedAt);
  const text = (
    <span className="files-text">
      <bdi className="ellipsis files-name">{name}</bdi>
      <span className="files-meta">
        {isFolder ? t('ui.viewer.files.folder') : t('ui.viewer.files.meta', { size: formatSize(sizeBytes), time })}
      </span>
    </span>
  );
  return (
    <li className="files-row">
      {isFolder ? (
        <span className="files-open">
          <IconFolder {...ICON} />
          {text}
        </span>
      ) : (
        <button type="button" className="files-open" title={name} onClick={() => run(() => files.save(name))}>
          <IconFile {...ICON} />
          <VisuallyHidden>{t('ui.viewer.files.save')}</VisuallyHidden>
          {text}
          <IconDownload {...ICON} />
        </button>
      )}
      {isAsking ? (
        <Button
          size="compact-xs"
          color="red.9"
          autoFocus
          loading={isBusy}
          aria-label={`${t('ui.viewer.files.remove', { name })}. ${t('ui.viewer.files.removeConfirm')}`}
          onBlur={() => setAsking(false)}
          onClick={async () => {
            await run(() => files.remove(name));
            setAsking(false);
          }}
        >
          {t('ui.viewer.files.removeYes')}
        </Button>
      ) : (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('ui.viewer.files.remove', { name })}
          onClick={() => setAsking(true)}
        >
          <IconTrash {...ICON} />
        </ActionIcon>
      )}
    </li>
  );
}

function UploadRow({ upload, onRemove }: { upload: UploadState; onRemove: () => void }) {
  const { t } = useTranslation();
  const { name, isRenamed, sizeBytes, sentBytes, state, problem } = upload;
  const hasFailed = state === 'failed';
  return (
    <li className="files-row">
      <span className="files-text">
        <bdi className="ellipsis files-name">{name}</bdi>
        {isRenamed && <span className="files-meta">{t('ui.viewer.files.renamed')}</span>}
        {problem !== null ? (
          <span className="files-problem" role="alert">
            {sayProblem(problem)}
          </span>
        ) : (
          <>
            <Progress
              size="sm"
              value={sizeBytes === 0 ? 0 : (100 * sentBytes) / sizeBytes}
              aria-label={t('ui.viewer.files.sending', { name })}
            />
            <span className="files-meta">
              {state === 'waiting'
                ? t('ui.viewer.files.waiting')
                : t('ui.viewer.files.progress', { sent: formatSize(sentBytes), total: formatSize(sizeBytes) })}
            </span>
          </>
        )}
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t(hasFailed ? 'ui.viewer.files.dismiss' : 'ui.viewer.files.cancel', { name })}
        onClick={onRemove}
      >
        <IconX {...ICON} />
      </ActionIcon>
    </li>
  );
}

/** Folders first. */
function byName(one: FileEntry, other: FileEntry): number {
  return Number(other.isFolder) - Number(one.isFolder) || one.name.localeCompare(other.name);
}
