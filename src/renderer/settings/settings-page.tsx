// All settings, each with what it means beside it.
import { Button, Group, Select, Stack, Tabs, Text, Title } from '@mantine/core';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { logLevelSchema, type Settings } from '../../contract/settings.ts';
import { type SettingsSection, settingsSections } from '../lib/pages.ts';
import type { ScreenProps } from '../screen.ts';
import { useAction, useCore, useTopic } from '../use-core.tsx';
import { goTo } from '../use-page.ts';
import { AddedPeers } from './added-peers.tsx';
import { Containers } from './containers.tsx';
import { NameSetting, NumberSetting, SwitchSetting } from './fields.tsx';
import { HealthList } from './health-list.tsx';
import { KnownPeers } from './known-peers.tsx';
import { Logs } from './logs.tsx';
import { Mounts } from './mounts.tsx';
import { QuietSettings } from './quiet.tsx';
import { Rules } from './rules.tsx';
import { SelfCard } from './self-card.tsx';
import { SettingRow } from './setting-row.tsx';
import './settings.css';

export function SettingsPage({ page: { section } }: ScreenProps<'settings'>) {
  const { t } = useTranslation();
  return (
    <div className="settings">
      <Title order={1} size="h3" mb="sm">
        {t('ui.settings.title')}
      </Title>
      <Tabs
        value={section}
        onChange={(value) => value !== null && goTo({ page: 'settings', section: value as SettingsSection })}
        keepMounted={false}
      >
        <Tabs.List className="settings-tabs" aria-label={t('ui.settings.title')}>
          {settingsSections.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`ui.settings.section.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="general" pt="md">
          <General />
        </Tabs.Panel>
        <Tabs.Panel value="sharing" pt="md">
          <Sharing />
        </Tabs.Panel>
        <Tabs.Panel value="people" pt="md">
          <Stack gap="xl">
            <KnownPeers />
            <Containers />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="rules" pt="md">
          <Rules />
        </Tabs.Panel>
        <Tabs.Panel value="network" pt="md">
          <Stack gap="xl">
            <SelfCard />
            <div className="panel setting-panel">
              <NumberSetting
                name="peerPort"
                label={t('ui.settings.peerPort')}
                hint={t('ui.settings.peerPortHint')}
                min={1024}
                max={65535}
              />
            </div>
            <AddedPeers />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="check" pt="md">
          <div className="panel setting-panel health-panel">
            <HealthList />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="logs" pt="md">
          <Logs />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function General() {
  const { t } = useTranslation();
  const core = useCore();
  const settings = useTopic('settings');
  const self = useTopic('self');
  const { run } = useAction();
  const levelId = useId();
  return (
    <Stack gap="md">
      <div className="panel setting-panel">
        <NameSetting label={t('ui.settings.name')} hint={t('ui.settings.nameHint')} />
        <SwitchSetting
          name="isStartedAtLogin"
          label={t('ui.settings.startAtLogin')}
          hint={t('ui.settings.startAtLoginHint')}
        />
        <SwitchSetting
          name="hasNotifications"
          label={t('ui.settings.notifications')}
          hint={t('ui.settings.notificationsHint')}
        />
        {core.carrier.shell === 'browser' && <BrowserNotifications />}
        {core.carrier.shell === 'electron' && (
          <SwitchSetting name="isKeySealed" label={t('ui.settings.sealKey')} hint={t('ui.settings.sealKeyHint')} />
        )}
        <SettingRow label={t('ui.settings.logLevel')} hint={t('ui.settings.logLevelHint')} labelFor={levelId}>
          <Select
            id={levelId}
            allowDeselect={false}
            value={settings.logLevel}
            data={logLevelSchema.options.map((level) => ({ value: level, label: t(`ui.settings.level.${level}`) }))}
            onChange={(value) =>
              value !== null && run(() => core.call('settings.update', { logLevel: value as Settings['logLevel'] }))
            }
          />
        </SettingRow>
      </div>
      <Text size="xs" c="dimmed">
        {t('ui.settings.about', { version: self.version, folder: self.profileDir })}
      </Text>
    </Stack>
  );
}

/** The browser asks the person itself, and only after a click. */
function BrowserNotifications() {
  const { t } = useTranslation();
  const [permission, setPermission] = useState(() =>
    'Notification' in window ? Notification.permission : 'unavailable',
  );
  return (
    <SettingRow
      label={t('ui.settings.browserNotifications')}
      hint={t(`ui.settings.browserNotificationsHint.${permission}`)}
    >
      {permission === 'default' && (
        <Button variant="default" onClick={async () => setPermission(await Notification.requestPermission())}>
          {t('ui.settings.allowNotifications')}
        </Button>
      )}
    </SettingRow>
  );
}

function Sharing() {
  const { t } = useTranslation();
  return (
    <Stack gap="xl">
      <div className="panel setting-panel">
        <SwitchSetting name="isPaused" label={t('ui.settings.paused')} hint={t('ui.settings.pausedHint')} />
        <QuietSettings />
        <SwitchSetting
          name="isSharedByDefault"
          label={t('ui.settings.sharedByDefault')}
          hint={t('ui.settings.sharedByDefaultHint')}
        />
        <SettingRow label={t('ui.settings.offers')} hint={t('ui.settings.offersHint')}>
          <Group>
            <Button variant="default" onClick={() => goTo({ page: 'own' })}>
              {t('ui.settings.offersOpen')}
            </Button>
          </Group>
        </SettingRow>
        <NumberSetting
          name="answerTimeoutS"
          label={t('ui.settings.answerTimeout')}
          hint={t('ui.settings.answerTimeoutHint')}
          min={2}
          max={600}
          suffix={t('ui.settings.secondsSuffix')}
        />
        <NumberSetting
          name="maxUploadMib"
          label={t('ui.settings.maxUpload')}
          hint={t('ui.settings.maxUploadHint')}
          min={1}
          max={1024 * 1024}
          suffix={t('ui.settings.mebibytesSuffix')}
        />
        <SwitchSetting name="isWarmUp" label={t('ui.settings.warmUp')} hint={t('ui.settings.warmUpHint')} />
      </div>
      <Mounts />
    </Stack>
  );
}
