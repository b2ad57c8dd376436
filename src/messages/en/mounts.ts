// What becomes of a folder that the owner wants programs to see: one sentence for each reason, the same in window, card and CLI.
import type { MountNote } from '../../contract/containers.ts';

export const mounts: Readonly<Record<MountNote['reason'], string>> = {
  root: 'This is the whole computer. Choose the one folder that programs need.',
  profile: 'eBrainPool keeps this computer’s key in {{place}}. Choose a folder without it.',
  containers: 'The homes of other visitors’ programs are in {{place}}. Choose a folder without them.',
  kernel: '{{place}} shows the system itself and its devices. Choose an ordinary folder.',
  session: 'Your own programs, and eBrainPool itself, listen in {{place}} and would obey. Choose a folder without it.',
  temporary: '{{place}} is where your own programs keep sockets and drafts. Choose a folder without it.',
  system: '{{place}} belongs to the system: its settings and passwords. Choose a folder without it.',
  programs: 'Programs see {{place}} already, and can only read it. Choose another folder.',
  keys: 'Keys, passwords or signed-in accounts are kept in {{place}}. Choose a folder without it.',
  container: '{{place}} is the visitor’s own home in a container. Choose another folder.',
  exchanged:
    '{{place}} lies in a folder that programs may change, and a link is in its place now. Remove the link or the folder.',
  missing: 'There is no folder {{place}} now.',
  'not-a-folder': '{{place}} is not a folder. Choose the folder in which it lies.',
  unreachable: 'eBrainPool may not open {{place}}. Change its permissions, or choose another folder.',
  home: '{{place}} is somebody’s home: programs can read what is private in it, now and later. A folder outside of it is safer.',
  'in-home': 'It lies in a home: every program that you allow for anybody can read what is in it.',
  hidden: '{{place}} is a hidden folder of a home, where programs keep settings and sign-ins.',
  socket: 'A program of this computer listens at {{place}}, and can be spoken to from there.',
  device: '{{place}} is a device. It cannot be used in a container.',
  setuid: '{{place}} runs with its owner’s rights here. In a container it does not.',
};
