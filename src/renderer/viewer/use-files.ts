// A session's folder Exchange, as its window sees it: what is in it, and what is being sent into it.
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { MethodOutput } from '../../contract/contract.ts';
import { AppError, type Problem, toProblem } from '../../contract/errors.ts';
import type { Session } from '../../contract/sessions.ts';
import { say } from '../../messages/messages.ts';
import { useCore } from '../use-core.tsx';
import { createUploads, type UploadState, type Uploads } from './uploads.ts';

export type FileList = MethodOutput<'files.list'>;

export interface Files {
  /** Null until it was read. */
  readonly list: FileList | null;
  /** Why it cannot be read. */
  readonly problem: Problem | null;
  readonly uploads: readonly UploadState[];
  /** The largest file that is taken there, in bytes; null where that is not known. */
  readonly maxUploadBytes: number | null;
  send(files: readonly File[]): void;
  removeUpload: Uploads['remove'];
  /** @throws AppError */
  remove(name: string): Promise<void>;
  /** @throws AppError `not-found` when it is not there any more */
  save(name: string): Promise<void>;
}

/** The program there may write a file at any time, and nobody tells of it. */
const READ_EVERY_MS = 3000;
/** Of one drop: more would fill the window and not be looked at. */
const MAX_FILES_AT_ONCE = 200;

/** @param isOpen whether somebody looks at the list */
export function useFiles(
  { id: sessionId, maxUploadBytes }: Pick<Session, 'id' | 'maxUploadBytes'>,
  isOpen: boolean,
): Files {
  const core = useCore();
  const [list, setList] = useState<FileList | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const read = useCallback(async () => {
    const next = await core.call('files.list', { sessionId });
    setList(next);
    setProblem(null);
    return next;
  }, [core, sessionId]);
  const refresh = useCallback(() => read().then(undefined, (error: unknown) => setProblem(toProblem(error))), [read]);

  useEffect(() => {
    if (!isOpen) return;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const repeat = async () => {
      if (document.visibilityState === 'visible') await refresh();
      if (!isOver) timer = setTimeout(repeat, READ_EVERY_MS);
    };
    void repeat();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isOpen, refresh]);

  const maxBytes = useRef(maxUploadBytes);
  maxBytes.current = maxUploadBytes;
  const uploads = useMemo(
    () =>
      createUploads(
        core.carrier,
        sessionId,
        () => maxBytes.current,
        ({ name, isRenamed }, other) => {
          const text = name !== other ? 'sentAs' : isRenamed ? 'sentRenamed' : 'sent';
          notifications.show({
            color: 'pool',
            message: say(`ui.viewer.files.${text}`, { name, other }),
          });
          void refresh();
        },
      ),
    [core, sessionId, refresh],
  );
  useEffect(() => () => uploads.close(), [uploads]);

  const warn = (message: string) => notifications.show({ color: 'yellow', message, autoClose: 12_000 });
  return {
    list,
    problem,
    maxUploadBytes,
    uploads: useSyncExternalStore(uploads.follow, uploads.read),
    send: (files) => {
      if (files.length > MAX_FILES_AT_ONCE) warn(say('ui.viewer.files.tooMany', { count: MAX_FILES_AT_ONCE }));
      for (const { name } of uploads.add(files.slice(0, MAX_FILES_AT_ONCE)))
        warn(say('ui.viewer.files.badName', { name }));
    },
    removeUpload: uploads.remove,
    remove: async (name) => {
      await core.call('files.remove', { sessionId, name });
      await refresh();
    },
    save: async (name) => {
      // A download says little of why it failed: look before.
      const { entries } = await read();
      if (!entries.some((entry) => entry.name === name)) throw new AppError('not-found', { what: name });
      core.carrier.saveFile(sessionId, name);
    },
  };
}

/** The files of a drop; null when there are folders in it, which cannot be read as files. */
export function droppedFiles(transfer: DataTransfer): readonly File[] | null {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  if (items.some((item) => item.webkitGetAsEntry()?.isDirectory)) return null;
  return [...transfer.files];
}
