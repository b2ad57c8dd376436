// One sentence for every error code: what happened, why, and what to do next.
import type { ErrorCode } from '../../contract/errors.ts';

/** A sentence for each code; `_named` is said where it is known which computer it is about. */
export const errors: Readonly<Record<ErrorCode, string> & Partial<Record<`${ErrorCode}_named`, string>>> = {
  'bad-address':
    '“{{address}}” is not an address. Give the name or the IP address of a computer, with a port where it is not the usual one: laptop.local, 192.168.0.106 or 192.168.0.106:4321.',
  'bad-files':
    'The other computer gave no sensible answer about its folder Exchange, so it was broken off. Try again; if it happens again, ask the person there.',
  'bad-input': 'This could not be understood: {{where}} {{why}}. Correct it and try again.',
  cancelled: 'It was cancelled.',
  'comparison-broken':
    'The other computer did not keep to the order of a comparison, so it was broken off. Nothing was verified. Try again; if it happens again, somebody may be between you.',
  'comparison-busy':
    'The person there is comparing a code already, or has not read the result of the last one. Try again in a moment.',
  'container-failed': 'The container could not be started: {{why}}. Open Settings to see what this computer lacks.',
  'core-not-running': 'eBrainPool is not running on this computer. Start it with “ebp serve” or open the application.',
  'disk-full':
    'There is no space left on the disk that holds {{path}}. Free some space and try again; nothing that was stored is lost.',
  'display-failed':
    'The connection to the program’s windows has failed. Try again, or use the viewer; what ssh said is in the log of this computer.',
  'do-not-disturb': 'That computer has Do not disturb on. Try again later, or talk to the person there.',
  'do-not-disturb_named': '{{peer}} has Do not disturb on. Try again later, or talk to them.',
  'exchange-full':
    'There is no space left for “{{name}}” on the other computer. Delete something in the folder, or ask the person there to free some space.',
  'file-over-limit':
    '“{{name}}” is larger than {{limitMib}} MiB, the most that the other computer takes. Nothing of it was sent. Ask the person there, who can change it in the settings.',
  'file-refused':
    'The folder Exchange does not let that happen to “{{name}}”. The program there may have protected it.',
  'file-too-large':
    '“{{name}}” was not taken whole: it is probably larger than the other computer allows. Ask the person there, who can change it in the settings.',
  'fingerprint-mismatch':
    'The computer at {{address}} is not the one that was advertised: its key is another. It may have been set up anew, its address may belong to another computer now, or somebody may be pretending to be it. Nothing was sent to it. Ask the person there; this goes away when the right key answers again.',
  internal: 'Something went wrong inside eBrainPool. Try again; “ebp logs” shows the details.',
  'key-conflict':
    'There are two different keys of this computer: {{plain}} and {{sealed}}. Move the one away that you do not want; each makes this computer another one to its peers. Nothing was changed.',
  'key-sealed':
    'The key of this computer is sealed with {{store}} ({{path}}), which only the desktop application can open. Start the desktop application. To use this profile without it, open Settings → General there, switch “Seal this computer’s key” off, and quit it.',
  'key-store-locked':
    'The key of this computer is sealed with {{store}}, which does not open it now. It may be locked, not running, or belong to another account or computer. Unlock it and start again, or put a backup of id_ed25519 beside {{path}}. Nothing was changed.',
  'mount-refused': 'Programs cannot be given {{path}}. $t(mounts.{{reason}})',
  'missing-program': '{{program}} is not installed on this computer. Install it with: {{command}}',
  'namespaces-forbidden':
    'This system does not allow unprivileged user namespaces, so no safe container can be made. Allow them with: {{command}}',
  'native-needs-display':
    'Native windows need an X display and the ssh program on this computer. Use the viewer instead.',
  'network-unavailable':
    'That computer cannot give a program the internet right now. Ask without it, or ask the person there to look at their settings page.',
  'no-home':
    'This account has no home folder on this computer. Set HOME to a folder of its own, or choose a folder with --profile.',
  'not-allowed': 'That is not allowed, or not any more. Ask again.',
  'not-found': '{{what}} does not exist, or not any more.',
  'not-verified':
    'This is for verified computers only. Compare the code with the person there first: open the computer and choose “Verify”.',
  'offer-gone': 'This is no longer shared. Choose something else, or ask the person there to share it again.',
  'offer-unsupported': 'This kind of offer needs a newer version of eBrainPool on this computer.',
  'other-namespace':
    'eBrainPool is running, but it does not answer programs in other containers or sandboxes, and this is one. Run this in an ordinary terminal on the same computer, or in the container in which eBrainPool itself was started.',
  'peer-blocked': 'You have blocked this computer. Unblock it under Settings, People, to use it.',
  'peer-busy': 'That computer has reached its limit of requests or sessions. Try again in a moment.',
  'peer-container-failed':
    'That computer could not make a container for the program. The settings page and the logs there say why; ask the person there.',
  'peer-disk-full':
    'The disk of that computer is full, so the program cannot be started there. Ask the person there to free some space, and try again.',
  'peer-is-self': '{{address}} is this computer. Enter the address of another one.',
  'own-sandbox-needed':
    'The program did not start: it builds a sandbox of its own, as browsers do, and that computer does not let it. Ask the person there to switch on “Own sandbox” for it, where they choose who sees it. Then try again.',
  'peer-paused': 'Sharing is paused on that computer. Ask the person there to resume it.',
  'peer-quit': 'eBrainPool was quit on that computer. Ask again when it runs there.',
  'peer-refuses':
    'That computer does not accept connections from this one. Ask the person there whether they have blocked it.',
  'peer-unreachable':
    'That computer cannot be reached. Check that it is on, on the same network, and that its firewall lets eBrainPool’s port through.',
  'profile-unusable':
    'eBrainPool cannot keep its files in {{path}}: {{why}}. Choose another folder with --profile, or make this one yours and writable.',
  'program-failed': 'The program failed with exit code {{exitCode}}. It may not work inside a container.',
  'protocol-newer':
    'That computer runs a newer version of eBrainPool that this one does not understand. Update eBrainPool here.',
  'protocol-older': 'That computer runs a version of eBrainPool that is too old for this one. Update eBrainPool there.',
  'sharing-unavailable':
    'That computer cannot share anything right now because parts are missing there. Its settings page says which.',
  timeout: 'There was no answer in time. Try again.',
  'too-large': '{{where}} is larger than the limit of {{limit}}.',
  'too-many-comparisons':
    'That computer takes no more comparisons for now: there were too many within ten minutes. Wait a while, or let the person there begin one.',
  'too-many-requests': 'Too many requests. Wait for an answer to the earlier ones, or for an hour, then try again.',
  'transfer-broken':
    'The transfer was broken off: the connection was lost, or files may not be exchanged any more. Try again from the beginning.',
  'view-unknown':
    'The version of eBrainPool on that computer cannot open it this way. Choose another way, or update eBrainPool there.',
  'viewer-only': 'This application can only be shown in the viewer. Choose the viewer, and ask again.',
};
