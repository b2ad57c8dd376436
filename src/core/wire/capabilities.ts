// What this version can do, made from the tables so that none is forgotten, and what another version says that it can.
import { type ChannelName, channelNames, type View, viewNames } from '../../contract/views.ts';
import { type VisitorCall, visitorCalls } from './peer-protocol.ts';

/** A view that it has, a channel that it opens, a call that it answers. */
export type Capability = `view.${View}` | `channel.${ChannelName}` | `call.${VisitorCall}`;

/** What the words of version 0.1 stand for. It knows no others; they are sent for its sake, and new ones are never added. */
const FIRST_WORDS: Readonly<Record<string, readonly Capability[]>> = {
  viewer: ['view.viewer', 'channel.display'],
  native: ['view.native', 'channel.ssh'],
  classic: ['view.ssh-command', 'channel.ssh-port'],
  verify: ['call.verify.begin', 'call.verify.reveal', 'call.verify.answer', 'call.verify.cancel'],
  files: ['channel.files'],
  windows: ['call.window.activate', 'call.window.close'],
  close: ['call.session.close', 'call.session.keep'],
};

/** What every peer with this protocol answers, whether or not it says so. */
const ALWAYS: readonly Capability[] = [
  'call.hello',
  'call.catalogue.get',
  'call.icon.get',
  'call.request.create',
  'call.request.cancel',
  'call.session.end',
  'call.session.resume',
];

/** What this version says with its hello. */
export const CAPABILITIES: readonly string[] = [
  ...Object.keys(FIRST_WORDS),
  ...viewNames.map((name): Capability => `view.${name}`),
  ...channelNames.map((name): Capability => `channel.${name}`),
  ...(Object.keys(visitorCalls) as VisitorCall[]).map((name): Capability => `call.${name}`),
];

/** Whether whoever said these can do it. To be asked before what it names is used; an unknown word is ignored. */
export function hasCapability(told: readonly string[], capability: Capability): boolean {
  return (
    ALWAYS.includes(capability) ||
    told.includes(capability) ||
    Object.entries(FIRST_WORDS).some(([word, meant]) => told.includes(word) && meant.includes(capability))
  );
}
