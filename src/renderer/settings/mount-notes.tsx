// What is to be known about a folder that programs are to see: the core's reasons as sentences, in settings and on the request card.
import { useTranslation } from 'react-i18next';
import type { MountVerdict } from '../../contract/containers.ts';
import './settings.css';

export function MountNotes({ verdict }: { verdict: Pick<MountVerdict, 'notes' | 'level'> }) {
  const { t } = useTranslation();
  return verdict.notes.map(({ reason, place }) => (
    <div key={reason} className="list-note list-warning mount-note">
      {t(`mounts.${reason}`, { place })}
    </div>
  ));
}
