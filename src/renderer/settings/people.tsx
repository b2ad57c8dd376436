// Standing answers, and the peers that were added by address.
import { ActionIcon, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconNetwork, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { formatDateTime, shortFingerprint } from '../lib/format.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import './settings.css';

export function Rules() {
  const { t } = useTranslation();
  const core = useCore();
  const rules = useTopic('rules');
  const { run } = useAction();
  return (
    <section aria-labelledby="rules-title">
      <Title order={2} size="h5" id="rules-title">
        {t('ui.rules.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('ui.rules.text')}
      </Text>
      <div className="panel setting-panel">
        {rules.length === 0 && (
          <Text size="sm" c="dimmed" className="list-row">
            {t('ui.rules.none')}
          </Text>
        )}
        {rules.map((rule) => {
          const sentence = t(`ui.rules.${rule.answer}`, { offer: rule.offerName, peer: rule.peerName });
          return (
            <div className="list-row" key={rule.id}>
              {rule.answer === 'allow' ? (
                <IconCircleCheck size={20} aria-hidden />
              ) : (
                <IconCircleX size={20} aria-hidden />
              )}
              <div className="list-text">
                <div className="list-name">{sentence}</div>
                <div className="list-note" title={rule.peerId}>
                  {t('ui.rules.since', { time: formatDateTime(rule.createdAt), key: shortFingerprint(rule.peerId) })}
                </div>
              </div>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t('ui.rules.remove', { rule: sentence })}
                onClick={() => run(() => core.call('rules.remove', { ruleId: rule.id }))}
              >
                <IconTrash size={18} />
              </ActionIcon>
            </div>
          );
        })}
      </div>
    </section>
  );
}

export function AddedPeers() {
  const { t } = useTranslation();
  const core = useCore();
  const added = useTopic('peers').filter((peer) => peer.isAddedByAddress);
  const { run } = useAction();
  return (
    <section aria-labelledby="added-title">
      <Title order={2} size="h5" id="added-title">
        {t('ui.added.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('ui.added.text')}
      </Text>
      <div className="panel setting-panel">
        {added.length === 0 && (
          <Text size="sm" c="dimmed" className="list-row">
            {t('ui.added.none')}
          </Text>
        )}
        {added.map((peer) => (
          <div className="list-row" key={peer.id}>
            <IconNetwork size={20} aria-hidden />
            <div className="list-text">
              <div className="list-name ellipsis" title={peer.name}>
                {peer.name}
              </div>
              <div className="list-note ellipsis">{peer.addresses.join(', ')}</div>
            </div>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t('ui.added.remove', { peer: peer.name })}
              onClick={() => run(() => core.call('peers.remove', { peerId: peer.id }))}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </div>
        ))}
      </div>
    </section>
  );
}
