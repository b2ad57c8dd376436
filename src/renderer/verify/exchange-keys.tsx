// Verifying without a connection: this computer's key to be scanned or copied, and the other one's seen, pasted or in a picture.
import { Alert, Button, FileButton, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconPhoto } from '@tabler/icons-react';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toProblem } from '../../contract/errors.ts';
import type { PeerId } from '../../contract/ids.ts';
import { formatKeyText, parseKeyText } from '../../contract/key-text.ts';
import { sayProblem } from '../../messages/messages.ts';
import { CopyLine } from '../components/copy-line.tsx';
import { useCore, useTopic } from '../use-core.tsx';
import type { CameraProblem } from './camera.ts';
import { CameraBox, CameraNote, useCameraPresence } from './camera-view.tsx';
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
  const field = useRef<HTMLInputElement>(null);
  const camera = useCameraPresence();
  const [isCameraOn, setCameraOn] = useState(false);
  const [cameraProblem, setCameraProblem] = useState<CameraProblem | null>(null);
  const ownText = formatKeyText(self.id);

  /** Whether that was it. */
  const verify = async (keyText: string): Promise<boolean> => {
    setOther(false);
    setProblem(null);
    const found = parseKeyText(keyText);
    if (found === null) {
      setProblem(t('ui.verify.notAKey'));
      return false;
    }
    // Security: the key of another computer, or this one's own, says nothing of the one that is meant.
    if (found !== peerId) {
      if (found === self.id) setProblem(t('ui.verify.ownKey'));
      else setOther(true);
      return false;
    }
    setBusy(true);
    try {
      await core.call('peers.verifyKey', { keyText });
      onVerified();
      return true;
    } catch (error) {
      setProblem(sayProblem(toProblem(error)));
      return false;
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
    await take(found);
  };
  /** What was read is treated as if it had been pasted, so that the person sees it. */
  const take = async (found: string) => {
    setText(found.slice(0, 200));
    // In a small window what is said of it is below the fold.
    if (!(await verify(found))) field.current?.focus();
  };
  const endCamera = (why: CameraProblem | null) => {
    setCameraOn(false);
    setCameraProblem(why);
  };
  const whyNoCamera = camera === 'there' || camera === 'looking' ? null : camera;
  const hasCameraBox = whyNoCamera === null || isCameraOn;
  const hint = t('ui.verify.othersKeyHint', { peer: who });

  return (
    <Stack gap="sm">
      <Text size="sm">{t('ui.verify.ownKeyText', { peer: who })}</Text>
      <div className="verify-codes" data-two={hasCameraBox || undefined}>
        <QrCode text={ownText} label={t('ui.verify.ownQr')} />
        {hasCameraBox && (
          <CameraBox
            isOn={isCameraOn}
            isDisabled={camera === 'looking' || isBusy}
            onToggle={() => {
              setCameraProblem(null);
              setCameraOn(!isCameraOn);
            }}
            onRead={(found) => {
              endCamera(null);
              void take(found);
            }}
            onEnd={endCamera}
          />
        )}
      </div>
      <CameraNote who={who} isOn={isCameraOn} problem={cameraProblem} />
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
            ref={field}
            label={t('ui.verify.othersKey', { peer: who })}
            description={whyNoCamera === null ? hint : `${hint} ${t(`ui.verify.camera.${whyNoCamera}`)}`}
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
