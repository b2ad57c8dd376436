// What a computer has and lacks for sharing, one sentence for each state of each item.
import type { HealthItem } from '../../contract/models.ts';

type Levels = Readonly<Record<HealthItem['level'], string>>;

export const health: Readonly<Record<HealthItem['id'], Levels>> = {
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
    ok: 'Other computers reach this one on port {{port}}.',
    warning: 'The chosen port was taken, so port {{port}} is used until the next start.',
    error: 'Port {{port}} could not be opened: {{why}}. Other computers cannot reach this one.',
  },
  multicast: {
    ok: 'Computers on this network can find each other.',
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
  root: {
    ok: 'eBrainPool runs as an ordinary user.',
    warning:
      'eBrainPool runs as root. Containers still run as an unprivileged user, but an ordinary user is the safer choice.',
    error:
      'eBrainPool runs as root and cannot give up its rights for containers: {{why}}. Start it as an ordinary user.',
  },
};
