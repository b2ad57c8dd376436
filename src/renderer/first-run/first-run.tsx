// The first-run page: one screen with the name, what is shared, and what this computer has and lacks.
import { Alert, Button, Group, Radio, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconEye, IconInfoCircle } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Settings } from '../../contract/settings.ts';
import { ConnectionBanner } from '../components/connection-banner.tsx';
import { HealthList } from '../settings/health-list.tsx';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import './first-run.css';

const choices = ['all', 'choose', 'nothing'] as const;
type Choice = (typeof choices)[number];

/** What the settings amount to: all, or what was and will be switched by hand. */
function presentChoice({ isSharedByDefault, sharedByOfferId }: Settings): Choice {
  const isAll = isSharedByDefault && Object.values(sharedByOfferId).every((isShared) => isShared);
  return isAll ? 'all' : 'choose';
}

export function FirstRun() {
  const { t } = useTranslation();
  const core = useCore();
  const settings = useTopic('settings');
  const self = useTopic('self');
  const { isBusy, run } = useAction();
  const [name, setName] = useState(settings.name);
  /** Null until the person chooses. Until then the settings decide, also when they change meanwhile. */
  const [chosen, setChosen] = useState<Choice | null>(null);
  const choice = chosen ?? presentChoice(settings);
  const [problem, setProblem] = useState<string | null>(null);
  const [permission, setPermission] = useState(() =>
    'Notification' in window ? Notification.permission : 'unavailable',
  );
  const canShareEver = self.platform === 'linux';

  const finish = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') {
      setProblem(t('ui.settings.nameEmpty'));
      return;
    }
    setProblem(null);
    await run(async () => {
      // What was switched before, for example with “ebp share”, stays when it is to be chosen one by one.
      if (canShareEver && choice !== 'choose')
        await core.call('offers.share', { offerIds: 'all', isShared: choice === 'all' });
      await core.call('settings.update', { name: name.trim(), isSetUp: true });
      goTo(choice === 'choose' && canShareEver ? { page: 'own' } : { page: 'home' });
    });
  };

  return (
    <main className="first-run">
      <ConnectionBanner />
      <form className="first-run-form" onSubmit={finish} noValidate>
        <Group gap="md" wrap="nowrap">
          <img src="./favicon.svg" alt="" width={56} height={56} />
          <div>
            <Title order={1} size="h2">
              {t('ui.first.title')}
            </Title>
            <Text c="dimmed">{t('ui.first.text')}</Text>
          </div>
        </Group>

        <div className="first-run-parts">
          <div className="first-run-column">
            <section className="panel first-run-part" aria-labelledby="first-name">
              <Title order={2} size="h5" id="first-name">
                {t('ui.first.name')}
              </Title>
              <TextInput
                label={t('ui.settings.name')}
                description={t('ui.first.nameHint')}
                value={name}
                maxLength={100}
                error={problem}
                autoComplete="off"
                onChange={(event) => setName(event.currentTarget.value)}
              />
            </section>

            <section className="panel first-run-part" aria-labelledby="first-share">
              <Title order={2} size="h5" id="first-share">
                {t('ui.first.share')}
              </Title>
              {canShareEver ? (
                <Radio.Group
                  value={choice}
                  onChange={(value) => setChosen(value as Choice)}
                  aria-labelledby="first-share"
                  description={t('ui.first.shareHint')}
                >
                  <Stack gap="sm" mt="sm">
                    {choices.map((one) => (
                      <Radio
                        key={one}
                        value={one}
                        label={t(`ui.first.choice.${one}`)}
                        description={t(`ui.first.choiceHint.${one}`)}
                      />
                    ))}
                  </Stack>
                  {/* Stays with “Nothing for now”: what a person is about to choose must not move. */}
                  <Group gap="xs" wrap="nowrap" align="flex-start" mt="md" className="first-run-audience">
                    <IconEye size={18} aria-hidden />
                    <Text size="sm">{t(`ui.first.audience.${settings.audience.who}`)}</Text>
                  </Group>
                </Radio.Group>
              ) : (
                <Alert icon={<IconInfoCircle size={18} />}>{t('ui.own.onlyLinux')}</Alert>
              )}
            </section>
          </div>
          <section className="panel first-run-part" aria-labelledby="first-check">
            <Title order={2} size="h5" id="first-check">
              {t('ui.first.check')}
            </Title>
            <Text size="sm" c="dimmed" mb="sm">
              {t('ui.first.checkHint')}
            </Text>
            <HealthList isFolded />
          </section>
        </div>

        <Group justify="space-between">
          {core.carrier.shell === 'browser' && permission === 'default' ? (
            <Button variant="default" onClick={async () => setPermission(await Notification.requestPermission())}>
              {t('ui.settings.allowNotifications')}
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" size="md" loading={isBusy}>
            {t('ui.first.finish')}
          </Button>
        </Group>
      </form>
    </main>
  );
}
