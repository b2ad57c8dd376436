// Who asks or uses, where there is room for a few words only: tray and notifications of both shells.
import type { Request } from '../contract/models.ts';
import { say } from './messages.ts';

export type Party = Pick<Request, 'peerName' | 'isVerified'> & Partial<Pick<Request, 'warning'>>;

/** Security: a name that was not verified is never shown bare, nor one that is another computer's, whoever's key was compared. */
export function peerLabel({ peerName, isVerified, warning = null }: Party): string {
  const values = { peer: peerName };
  if (warning === null) return isVerified ? peerName : say('shell.unverified', values);
  return say(isVerified ? 'shell.notTheOne' : 'shell.unverifiedNotTheOne', values);
}
