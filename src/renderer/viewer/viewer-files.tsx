// Files in a viewer window: the button in its bar, the panel, and whatever is dropped on the window.
import { ActionIcon, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconFolderShare } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../contract/sessions.ts';
import { say } from '../../messages/messages.ts';
import { FilesPanel } from './files-panel.tsx';
import { droppedFiles, useFiles } from './use-files.ts';

/** For a session that has the power; it goes, with all that is under way, when the power does. */
export function ViewerFiles({ session, place }: { session: Session; place: HTMLElement | null }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [isDragging, setDragging] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const files = useFiles(session, isOpen);
  const current = useRef(files);
  current.current = files;

  useEffect(() => {
    let leaveTimer: ReturnType<typeof setTimeout> | undefined;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const onDragOver = (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      setDragging(true);
      // No event tells reliably that the pointer has left the window.
      clearTimeout(leaveTimer);
      leaveTimer = setTimeout(() => setDragging(false), 400);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      setDragging(false);
      const dropped = droppedFiles(event.dataTransfer);
      if (dropped === null) notifications.show({ color: 'yellow', message: say('ui.viewer.files.noFolders') });
      else current.current.send(dropped);
      setOpen(true);
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('drop', onDrop);
    return () => {
      clearTimeout(leaveTimer);
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('drop', onDrop);
    };
  }, []);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <Tooltip label={t('ui.viewer.powers.files')} multiline maw={260}>
        <ActionIcon
          ref={button}
          variant={isOpen ? 'light' : 'subtle'}
          color={isOpen ? 'pool' : 'gray'}
          aria-label={t('ui.viewer.files.open')}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <IconFolderShare size={18} />
        </ActionIcon>
      </Tooltip>
      {place !== null &&
        createPortal(
          <>
            {isOpen && <FilesPanel files={files} onClose={close} />}
            {isDragging && (
              <div className="viewer-drop" role="status">
                <Text>{t('ui.viewer.files.dropHere')}</Text>
              </div>
            )}
          </>,
          place,
        )}
    </>
  );
}

/** A file that is dropped where it cannot be sent must not be opened in place of this page. */
export function useNoDrops(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
      event.preventDefault();
    };
    // Before the listeners of ViewerFiles, which say otherwise while there is somewhere to send it.
    window.addEventListener('dragover', refuse, { capture: true });
    window.addEventListener('drop', refuse, { capture: true });
    return () => {
      window.removeEventListener('dragover', refuse, { capture: true });
      window.removeEventListener('drop', refuse, { capture: true });
    };
  }, []);
}
