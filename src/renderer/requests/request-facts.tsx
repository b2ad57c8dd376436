// Where it would run, how it is seen, and what of this computer it can read: what no switch on the card changes.
import { IconAlertTriangle, IconBox, IconFolder, IconHistory, IconScreenShare } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Request } from '../../contract/consent.ts';
import type { Mount } from '../../contract/containers.ts';
import { MountNotes } from '../settings/mount-notes.tsx';
import { useTopic } from '../use-core.tsx';
import { Fact } from './request-who.tsx';

export function RequestFacts({ request, who }: { request: Request; who: string }) {
  const { t } = useTranslation();
  return (
    <div className="request-facts">
      {request.ruleNote !== null && (
        <Fact icon={<IconHistory size={18} />} isStrong>
          {t(`ui.request.ruleNote.${request.ruleNote}`)}
        </Fact>
      )}
      {request.ownSandbox !== 'off' && (
        <Fact icon={<IconAlertTriangle size={18} />} isStrong>
          {t(`ui.request.ownSandbox.${request.ownSandbox}`)}
        </Fact>
      )}
      <Fact icon={<IconBox size={18} />}>{t('ui.request.where', { peer: who })}</Fact>
      <Fact icon={<IconScreenShare size={18} />}>{t(`ui.request.view.${request.view}`, { peer: who })}</Fact>
      <Fact icon={<IconFolder size={18} />}>
        {request.mounts.length === 0 ? (
          t('ui.request.noFolders')
        ) : (
          <>
            {t('ui.request.folders')}
            <ul className="request-folders">
              {request.mounts.map((mount) => (
                <RequestFolder key={mount.path} {...mount} />
              ))}
            </ul>
          </>
        )}
      </Fact>
    </div>
  );
}

function RequestFolder({ path, mode }: Mount) {
  const { t } = useTranslation();
  const judged = useTopic('mounts').find((mount) => mount.path === path);
  return (
    <li>
      <code>{path}</code> {t(judged?.level === 'refused' ? 'ui.mount.refused' : `ui.mount.${mode}`)}
      {judged !== undefined && <MountNotes verdict={judged} />}
    </li>
  );
}
