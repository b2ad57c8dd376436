// Sentences of the Electron shell: tray, notifications, dialogs and window titles.
export const shell = {
  name: 'eBrainPool',
  unverified: '{{peer}} (not verified)',
  window: {
    popup: 'Somebody asks to use an application',
    viewer: 'eBrainPool viewer',
  },
  tray: {
    idle: 'eBrainPool',
    waiting_one: 'eBrainPool: a request waits for your answer',
    waiting_other: 'eBrainPool: {{count}} requests wait for your answer',
    inUse_one: 'eBrainPool: one application of this computer is in use',
    inUse_other: 'eBrainPool: {{count}} applications of this computer are in use',
    paused: 'eBrainPool: sharing is paused',
    request: '{{peer}} asks for {{offer}}',
    once: 'Allow once',
    deny: 'Deny',
    hosted: '{{peer}} uses {{offer}}',
    visited: '{{offer}} on {{peer}}',
    end: 'End',
    endAll: 'End all use of this computer',
    pause: 'Pause sharing',
    open: 'Open eBrainPool',
    quit: 'Quit eBrainPool',
  },
  notification: {
    requestTitle: '{{peer}} asks for {{offer}}',
    requestBody: 'It would run on this computer, in a container. Nothing happens until you answer.',
    staysTitle: 'eBrainPool keeps running',
    staysBody:
      'Others can still ask for what you share. Start eBrainPool again or use its status icon to open the window.',
  },
  dialog: {
    alreadyRunningTitle: 'eBrainPool is already running',
    alreadyRunningBody:
      'Another eBrainPool, for example “ebp serve” or the browser shell, already runs with this profile:\n{{profileDir}}\n\nUse that one, or stop it with “ebp stop” and start this one again.',
    failedTitle: 'eBrainPool could not start',
  },
} as const;
