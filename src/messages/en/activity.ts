// Sentences of the history: one for each kind of line in the activity log, by the side that this computer was on.
import type { ActivityKind } from '../../contract/activity.ts';

type Sentences = string | { readonly [variant: string]: Sentences };

export const activity = {
  somebody: 'Another computer',
  seeLogs: 'The logs of that time say why.',
  something: 'something',
  kind: {
    requested: {
      host: '{{peer}} asked to use {{offer}}.',
      visitor: 'You asked {{peer}} for {{offer}}.',
    },
    answered: {
      host: {
        allowed: {
          once: 'You allowed {{peer}} to use {{offer}}, this once.',
          'until-quit': 'You allowed {{peer}} to use {{offer}}, until eBrainPool is quit.',
          time: 'You allowed {{peer}} to use {{offer}}, for {{duration}}.',
          always: 'You allowed {{peer}} to use {{offer}}, now and always.',
          rule: 'Your rule allowed {{peer}} to use {{offer}}.',
        },
        denied: {
          person: 'You said no to {{peer}}, who asked for {{offer}}.',
          always: 'You said no to {{peer}}, who asked for {{offer}}, and do not want to be asked again.',
          rule: 'Your rule said no to {{peer}}, who asked for {{offer}}.',
          pause: 'Sharing was paused, so {{peer}} could not have {{offer}}.',
          'do-not-disturb': 'You did not want to be disturbed, so {{peer}} could not have {{offer}}.',
          'quiet-hours': 'It was in your quiet hours, so {{peer}} could not have {{offer}}.',
          block: 'You blocked or forgot {{peer}}, who waited for {{offer}}.',
          limit: '{{peer}} asked for {{offer}} too often, or had too much open, and was refused.',
          'not-shared': '{{peer}} asked for {{offer}}, which is not shared with it, and was refused.',
          unavailable: '{{peer}} asked for {{offer}}, which this computer could not give.',
          quit: 'eBrainPool was quit while {{peer}} waited for {{offer}}. That was a no.',
        },
        expired: 'Nobody answered {{peer}}, who asked for {{offer}}, in time. That was a no.',
        cancelled: '{{peer}} cancelled the request for {{offer}}.',
      },
      visitor: {
        allowed: '{{peer}} allowed you to use {{offer}}.',
        denied: '{{peer}} said no when you asked for {{offer}}.',
        expired: '{{peer}} did not answer in time when you asked for {{offer}}.',
        cancelled: 'You cancelled your request to {{peer}} for {{offer}}.',
        failed: '{{peer}} could not give you {{offer}}.',
      },
    },
    'not-started': '{{offer}} could not be started for {{peer}}.',
    started: {
      host: '{{peer}} began to use {{offer}}.',
      visitor: 'You began to use {{offer}} of {{peer}}.',
    },
    narrowed: {
      host: 'You took permissions away from {{peer}}, who was using {{offer}}.',
      visitor: '{{peer}} took permissions away while you used {{offer}}.',
    },
    ended: {
      host: '{{peer}} used {{offer}} for {{duration}}.',
      visitor: 'You used {{offer}} of {{peer}} for {{duration}}.',
      hostUnknown: '{{peer}} used {{offer}}.',
      visitorUnknown: 'You used {{offer}} of {{peer}}.',
    },
    'rule-made': {
      allow: 'You made a rule: {{peer}} may use {{offer}}.',
      deny: 'You made a rule: {{peer}} may not use {{offer}}.',
    },
    'rule-removed': {
      allow: 'You removed the rule that {{peer}} may use {{offer}}.',
      deny: 'You removed the rule that {{peer}} may not use {{offer}}.',
    },
    'peer-verified': {
      comparison: 'You compared the key of {{peer}}: it is verified.',
      key: 'You entered the key of {{peer}}: it is verified.',
    },
    'peer-unverified': 'You took back that {{peer}} is verified.',
    'codes-differed':
      'The code that you compared with {{peer}} was not the same on both screens. Somebody may stand between the two of you, or it was another computer.',
    'peer-blocked': 'You blocked {{peer}}.',
    'peer-unblocked': '{{peer}} is not blocked any more.',
    'peer-renamed': {
      name: 'You call {{peer}} “{{name}}” now.',
      none: '{{peer}} goes by the name that it gives itself again.',
    },
    'peer-forgotten': 'You forgot {{peer}}, with everything that was stored about it.',
    paused: 'You paused sharing.',
    resumed: 'Sharing went on.',
    'connection-refused': '{{peer}}, which you blocked, tried to connect and was refused.',
    'left-out_one': '{{count}} more line is not here: others asked or tried too often to write all of it down.',
    'left-out_other': '{{count}} more lines are not here: others asked or tried too often to write all of it down.',
    'log-torn':
      'The last line before this one was cut through by a crash or a power cut. What was left of it was kept.',
    'log-damaged': {
      cut_one: '{{count}} line before this one was missing when eBrainPool started.',
      cut_other: '{{count}} lines before this one were missing when eBrainPool started.',
      changed: 'Lines before this one were not as they had been written when eBrainPool started.',
      head: 'The file that says where the history begins and ends was missing or damaged when eBrainPool started.',
    },
    'log-resumed':
      'The history could not be written from {{since}} on. Now it can: {{late}} lines came late, {{lost}} are lost.',
    unknown: {
      peer: 'Another version of eBrainPool wrote this about {{peer}}: {{text}}.',
      nobody: 'Another version of eBrainPool wrote this: {{text}}.',
    },
  } satisfies Record<Exclude<ActivityKind, 'left-out'>, Sentences> & Record<string, Sentences>,
  reason: {
    host: {
      visitor: '{{peer}} ended it.',
      host: 'You ended it.',
      program: 'The program was closed.',
      expired: 'Its time was up.',
      lost: 'The connection was lost.',
      failed: 'It failed.',
      quit: 'eBrainPool was quit on this computer.',
    },
    visitor: {
      visitor: 'You ended it.',
      host: '{{peer}} ended it.',
      program: 'The program was closed.',
      expired: 'Its time was up.',
      lost: 'The connection was lost.',
      failed: 'It failed.',
      quit: 'eBrainPool was quit on the other computer.',
    },
    crash: 'eBrainPool, or the computer, stopped while it ran.',
  },
  detail: {
    view: {
      viewer: 'Viewer',
      native: 'Native window',
      'ssh-command': 'SSH command',
      other: '{{view}} (of another version)',
    },
    noPowers: 'nothing beyond its window',
    clipboardIn: 'clipboard in',
    clipboardOut: 'clipboard out',
    internet: 'internet',
    files: 'files',
    isViewOnly: 'view only',
    timeLimit: '{{duration}} at most',
    traffic: '{{toVisitor}} to the visitor, {{toHost}} to the host',
    exitCode: 'exit code {{code}}',
    rule: 'rule {{id}}',
    address: 'from {{address}}',
    keptAs: 'kept as {{file}}',
    left: 'left: {{powers}}',
    unverified: 'not verified',
  },
  check: {
    sound_zero: 'The history is empty.',
    sound_one: 'The one line of the history is as it was written.',
    sound_other: 'All {{count}} lines of the history are as they were written.',
    last: 'Line {{seq}} has the check sum {{hash}}. Noted down elsewhere, it shows later that nothing before it was made anew.',
    changed: 'The history was changed: line {{line}} of {{file}} is not as it was written.',
    removed: 'Lines were removed from the history: they are missing before line {{line}} of {{file}}.',
    reordered: 'Lines of the history were moved: line {{line}} of {{file}} is not where it belongs.',
    repeated: 'A line of the history is there twice: line {{line}} of {{file}}.',
    truncated: 'The end of the history is missing: it stops before line {{line}} of {{file}}.',
  },
} as const;
