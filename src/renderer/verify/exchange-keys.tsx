// Verifying without a connection: this computer's key to be scanned or copied, and the other one's scanned or pasted.
import { Alert, Button, FileButton, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconPhoto } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toProblem } from '../../contract/errors.ts';
import { formatKeyText, parseKeyText } from '../../contract/key-text.ts';
import type { PeerId } from '../../contract/models.ts';
import { sayProblem } from '../../messages/messages.ts';
import { CopyLine } from '../components/copy-line.tsx';
import { useCore, useTopic } from '../use-core.tsx';
import { QrCode } from './qr-code.tsx';
import { readQrCode } from './read-qr.ts';

interface ExchangeKeysProps {
  readonly peerId: PeerId;
  readonly who: string;
  readonly onVerified: () => void;
}

export function ExchangeKeys({ peerId, who, onVerified }: ExchangeKeysProps) {
  const { t } = useTranslation();
  const core = useCore();
  const self = useTopic('self');
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isOther, setOther] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const ownText = formatKeyText(self.id);

  const verify = async (keyText: string) => {
    setOther(false);
    setProblem(null);
    const found = parseKeyText(keyText);
    if (found === null) {
      setProblem(t('ui.verify.notAKey'));
      return;
    }
    // Security: the key of another computer, or this one's own, says nothing of the one that is meant.
    if (found !== peerId) {
      if (found === self.id) setProblem(t('ui.verify.ownKey'));
      else setOther(true);
      return;
    }
    setBusy(true);
    try {
      await core.call('peers.verifyKey', { keyText });
      onVerified();
    } catch (error) {
      setProblem(sayProblem(toProblem(error)));
    } finally {
      setBusy(false);
    }
  };
  const scan = async (file: File | null) => {
    if (file === null) return;
    setBusy(true);
    const found = await readQrCode(file);
    setBusy(false);
    if (found === null) {
      setOther(false);
      setProblem(t('ui.verify.noCode'));
      return;
    }
    setText(found.slice(0, 200));
    await verify(found);
  };

  return (
    <Stack gap="sm">
      <Text size="sm">{t('ui.verify.ownKeyText', { peer: who })}</Text>
      <div className="verify-own">
        <QrCode text={ownText} label={t('ui.verify.ownQr')} />
      </div>
      <CopyLine text={ownText} label={t('ui.verify.ownKeyLabel')} />
      <form
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void verify(text);
        }}
      >
        <Stack gap="xs">
          <TextInput
            label={t('ui.verify.othersKey', { peer: who })}
            description={t('ui.verify.othersKeyHint', { peer: who })}
            placeholder="ebrainpool:SHA256:…"
            value={text}
            error={problem}
            maxLength={500}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {isOther && (
            <Alert color="red" icon={<IconAlertTriangle size={20} />} className="verify-bad" role="alert">
              {t('ui.verify.otherKey', { peer: who })}
            </Alert>
          )}
          <div className="verify-ways">
            <FileButton accept="image/*" onChange={(file) => void scan(file)} inputProps={{ 'aria-hidden': true }}>
              {(props) => (
                <Button {...props} variant="default" leftSection={<IconPhoto size={18} />} disabled={isBusy}>
                  {t('ui.verify.picture')}
                </Button>
              )}
            </FileButton>
            <Button type="submit" loading={isBusy} disabled={text.trim() === ''}>
              {t('ui.verify.verify')}
            </Button>
          </div>
        </Stack>
      </form>
    </Stack>
  );
}
