// One sentence for every error code: what happened, why, and what to do next.
import type { ErrorCode } from '../../contract/errors.ts';

export const errors: Readonly<Record<ErrorCode, string>> = {
  'bad-input': 'This could not be understood: {{where}} {{why}}. Correct it and try again.',
  cancelled: 'It was cancelled.',
  'container-failed': 'The container could not be started: {{why}}. Open Settings to see what this computer lacks.',
  'core-not-running': 'eBrainPool is not running on this computer. Start it with “ebp serve” or open the application.',
  'disk-full':
    'There is no space left on the disk that holds {{path}}. Free some space and try again; nothing that was stored is lost.',
  'display-failed':
    'The program’s screen could not be started: {{why}}. Try again; if it fails again, look at the logs on the computer that shares it.',
  'fingerprint-mismatch':
    'The computer at {{address}} is not the one that was advertised: its key is another. It may have been set up anew, or somebody may be pretending to be it. Nothing was sent to it.',
  internal: 'Something went wrong inside eBrainPool. Try again; “ebp logs” shows the details.',
  'missing-program': '{{program}} is not installed on this computer. Install it with: {{command}}',
  'namespaces-forbidden':
    'This system does not allow unprivileged user namespaces, so no safe container can be made. Allow them with: {{command}}',
  'native-needs-display':
    'Native windows need an X display and the ssh program on this computer. Use the viewer instead.',
  'not-allowed': 'That is not allowed, or not any more. Ask again.',
  'not-found': '{{what}} does not exist, or not any more.',
  'offer-gone': 'This application is no longer shared. Choose another, or ask the person there to share it again.',
  'offer-unsupported': 'This kind of offer needs a newer version of eBrainPool on this computer.',
  'peer-busy': 'That computer has reached its limit of requests or sessions. Try again in a moment.',
  'peer-is-self': '{{address}} is this computer. Enter the address of another one.',
  'peer-paused': 'Sharing is paused on that computer. Ask the person there to resume it.',
  'peer-unreachable':
    'That computer cannot be reached. Check that it is on, on the same network, and that its firewall lets eBrainPool’s port through.',
  'profile-unusable':
    'eBrainPool cannot keep its files in {{path}}: {{why}}. Choose another folder with --profile, or make this one yours and writable.',
  'program-failed':
    'The program ended at once with exit code {{exitCode}}. It may not work inside a container; the person there can see why in the logs.',
  'protocol-newer':
    'That computer runs a newer version of eBrainPool that this one does not understand. Update eBrainPool here.',
  'protocol-older': 'That computer runs a version of eBrainPool that is too old for this one. Update eBrainPool there.',
  'sharing-unavailable':
    'That computer cannot share applications right now because parts are missing there. Its settings page says which.',
  timeout: 'There was no answer in time. Try again.',
  'too-large': '{{where}} is larger than the limit of {{limit}}.',
  'too-many-requests': 'Too many requests at once. Wait for an answer to the earlier ones, then try again.',
};
