// What a computer has and lacks for sharing, one sentence for each state of each item.
import type { HealthItem } from '../../contract/health.ts';

/** A sentence for each level; `ok_browser` and the like are said when the item's parameter `context` names them. */
type Levels = Readonly<Record<HealthItem['level'], string>> &
  Readonly<Record<`${HealthItem['level']}_${string}`, string>>;

export const health = {
  // An item that has no sentence of its own yet.
  unknown: {
    ok: 'What is called “{{id}}” is in order.',
    warning: 'Something is not as it should be with what is called “{{id}}”. “ebp logs” may tell more.',
    error: 'What is called “{{id}}” is missing or does not work. “ebp logs” may tell more.',
  },
  system: {
    ok: 'This computer can use what others share. Only computers with Linux can share something themselves.',
    warning: 'Only computers with Linux can share something.',
    error: 'Only computers with Linux can share something.',
  },
  bubblewrap: {
    ok: 'bubblewrap is installed: programs can run in containers.',
    warning: 'bubblewrap ({{program}}) does not work as it should: {{why}}. Sharing may fail.',
    error: 'bubblewrap ({{program}}) is not installed. Without it no container can be made and nothing can be shared.',
  },
  namespaces: {
    ok: 'This system allows unprivileged user namespaces, which containers are made of.',
    warning: 'User namespaces work only in part: {{why}}. Some programs may not start in a container.',
    error: 'This system does not allow unprivileged user namespaces ({{why}}), so nothing can be shared.',
  },
  internet: {
    ok: 'passt is installed: a program can be given the internet, when you allow it.',
    warning: 'passt ({{program}}) is not installed. Programs that are shared from here cannot be given the internet.',
    warning_device:
      'passt is installed, but /dev/net/tun cannot be opened ({{why}}). Programs that are shared from here cannot be given the internet. Where eBrainPool itself runs in a container, start that with this device.',
    error:
      'passt ({{program}}) does not work: {{why}}. Programs that are shared from here cannot be given the internet.',
  },
  sshd: {
    ok: 'The SSH server program is installed. It runs only inside containers.',
    warning: 'The SSH server program ({{program}}) does not work as it should: {{why}}.',
    error: 'The SSH server program ({{program}}) is not installed. Visitors could not reach a container.',
  },
  socat: {
    ok: 'socat is installed.',
    warning: 'socat ({{program}}) does not work as it should: {{why}}.',
    error: '{{program}} is not installed. Connections could not be passed into a container.',
  },
  xvnc: {
    ok: 'TigerVNC is installed: programs get a screen of their own.',
    warning: 'TigerVNC ({{program}}) does not work as it should: {{why}}. Viewers may stay empty.',
    error: 'TigerVNC ({{program}}) is not installed. Programs shared from here could not be shown in a viewer.',
  },
  'window-manager': {
    ok: 'A small window manager is installed: programs fill the viewer.',
    warning:
      'No small window manager ({{program}}) is installed. Programs work, but do not fill the viewer and their dialogs have no frames.',
    error: 'The window manager ({{program}}) cannot be used: {{why}}.',
  },
  xauth: {
    ok: 'xauth is installed.',
    warning: '{{program}} is not installed. Native windows do not work; the viewer does.',
    error: '{{program}} is not installed. Native windows do not work; the viewer does.',
  },
  ssh: {
    ok: 'The SSH program is installed.',
    warning: 'The SSH program ({{program}}) is not installed. Native windows do not work; the viewer does.',
    error: 'The SSH program ({{program}}) is not installed. Native windows do not work; the viewer does.',
  },
  port: {
    ok: 'Port {{port}} is open for other computers.',
    ok_offline: 'Port {{port}} is open. Other computers can reach it once this one is on a network.',
    warning: 'The chosen port was taken, so port {{port}} is used until the next start.',
    error: 'Port {{port}} could not be opened: {{why}}. Other computers cannot reach this one.',
  },
  network: {
    ok: 'This computer is on a network.',
    warning:
      'This computer is on no network now, so no other can reach it. Connect it to one; the rest happens by itself.',
    error:
      'This computer is on no network now, so no other can reach it. Connect it to one; the rest happens by itself.',
  },
  multicast: {
    ok: 'Computers on the same network find each other by themselves.',
    ok_offline: 'Once this computer is on a network, others there find it by themselves, and it finds them.',
    warning: 'Computers may not be found on this network: {{why}}. Add them by address.',
    error: 'Computers cannot find each other on this network: {{why}}. Add them by address.',
  },
  disk: {
    ok: 'There is enough space on the disk.',
    warning: 'Space is running out on the disk that holds {{path}}. Free some before it is full.',
    error:
      'There is hardly any space left on the disk that holds {{path}}. Free some space; nothing that was stored is lost.',
  },
  settings: {
    ok: 'The settings file is in order.',
    warning:
      'The settings file {{path}} was damaged ({{why}}). It was kept as {{keptAs}}, and the defaults are used for what was damaged.',
    error: 'The settings cannot be saved in {{path}}: {{why}}. Changes are lost at the next start.',
  },
  people: {
    ok: 'The file of known computers is in order.',
    warning:
      'The file of known computers {{path}} was damaged ({{why}}). It was kept as {{keptAs}}. Look whether the computers that you verified or blocked still are.',
    error: 'What is known of other computers cannot be saved in {{path}}: {{why}}.',
  },
  rules: {
    ok: 'The file of standing answers is in order.',
    warning:
      'The file of standing answers {{path}} was damaged ({{why}}). It was kept as {{keptAs}}. Look whether your standing answers are still there.',
    error: 'Standing answers cannot be saved in {{path}}: {{why}}.',
  },
  secrets: {
    ok: 'This computer’s key lies on the disk sealed. Only the system’s key store ({{store}}) can open it.',
    ok_browser:
      'This computer’s key lies in a file that this account alone can read. The browser shell has no key store to seal it with, so the encryption of the disk and a screen lock are what protects it.',
    ok_chosen:
      'This computer’s key lies in a file that this account alone can read, as you chose. The encryption of the disk and a screen lock are what protects it.',
    ok_linked:
      'This computer’s key lies where you linked it to, and is not sealed. What protects that place is what protects it.',
    warning:
      'This computer’s key lies in a file that this account alone can read: the system has no key store that works. Unlock or install one (GNOME Keyring, KWallet) and start again; or switch “Seal this computer’s key” off in Settings, if the encryption of the disk is enough.',
    warning_failed:
      'This computer’s key could not be moved and lies in a file that this account alone can read; “ebp logs” shows why. Start again to try once more; or switch “Seal this computer’s key” off in Settings, if the encryption of the disk is enough.',
    error: 'This computer’s key cannot be used.',
  },
  activity: {
    ok: 'What happens here is written to the history.',
    warning: 'The history cannot be written to {{path}} as it should.',
    error:
      'The history cannot be written to {{path}}. Free some space there, or make it writable. What happens meanwhile is kept in memory and written as soon as that is possible; nothing that was written is lost.',
  },
  mounts: {
    ok: 'Every folder that you chose for programs can be given to them.',
    warning: 'Programs run without {{path}}, which you chose for them. $t(mounts.{{reason}})',
    error: 'Programs run without {{path}}, which you chose for them. $t(mounts.{{reason}})',
  },
  root: {
    ok: 'eBrainPool runs as an ordinary user.',
    warning:
      'eBrainPool runs as root. Containers still run as an unprivileged user, but an ordinary user is the safer choice.',
    error:
      'eBrainPool runs as root and cannot give up its rights for containers: {{why}}. Start it as an ordinary user.',
  },
} satisfies Readonly<Record<string, Levels>>;
