// What each view of an offer is: which channels it opens, and to which powers its host can hold it. A view gets nothing that its row does not name.
import { z } from 'zod';

/**
 * viewer: in a viewer window, which is safe. native: windows on the visitor's own display, by `ssh -X`. ssh-command: a port for the
 * visitor's own SSH client.
 */
export const viewNames = ['viewer', 'native', 'ssh-command'] as const;
export type View = (typeof viewNames)[number];

/** What can be given, each by itself. */
export const powerNames = ['clipboardIn', 'clipboardOut', 'network', 'files'] as const;
export type PowerName = (typeof powerNames)[number];

/** Streams of a session. display: RFB. ssh: to the sandbox's sshd. ssh-port: the same on a port of the host. files: SFTP. */
export const channelNames = ['display', 'ssh', 'ssh-port', 'files'] as const;
export type ChannelName = (typeof channelNames)[number];

/**
 * held: what is not given does not happen, and what is taken away ends. always: the host cannot withhold it, and says so. never: it means
 * nothing in this view, and is not given.
 */
export type Hold = 'held' | 'always' | 'never';

export interface ViewRow {
  readonly channels: readonly ChannelName[];
  readonly powers: Readonly<Record<PowerName, Hold>>;
  /** Whether the visitor can be held to watching. */
  readonly isViewOnly: 'held' | 'never';
  /** What the visitor has of it. window: a window of eBrainPool. desktop: windows of the program among its own. command: a line to type. */
  readonly opensAs: 'window' | 'desktop' | 'command' | 'nothing';
  /** Whether a connection that was lost can be taken up again. */
  readonly canResume: boolean;
}

// A program on the visitor's own X display takes part in its clipboard and can be clicked, whatever was given.
const onVisitorsDisplay = {
  powers: { clipboardIn: 'always', clipboardOut: 'always', network: 'held', files: 'held' },
  isViewOnly: 'never',
} as const;

const rows: Readonly<Record<View, ViewRow>> = {
  viewer: {
    channels: ['display', 'files'],
    powers: { clipboardIn: 'held', clipboardOut: 'held', network: 'held', files: 'held' },
    isViewOnly: 'held',
    opensAs: 'window',
    canResume: true,
  },
  // The X connections of its windows cannot be resumed: the program has lost them.
  native: { ...onVisitorsDisplay, channels: ['ssh', 'files'], opensAs: 'desktop', canResume: false },
  'ssh-command': { ...onVisitorsDisplay, channels: ['ssh-port', 'files'], opensAs: 'command', canResume: true },
};

/** Security: a view without a row. */
const nothing: ViewRow = {
  channels: [],
  powers: { clipboardIn: 'never', clipboardOut: 'never', network: 'never', files: 'never' },
  isViewOnly: 'never',
  opensAs: 'nothing',
  canResume: false,
};

/** The row of a view; for an unknown name, one that opens nothing. */
export function rowOf(view: string): ViewRow {
  return Object.hasOwn(rows, view) ? rows[view as View] : nothing;
}

/** Whether sessions of this view have the channel. */
export function hasChannel(view: string, channel: ChannelName): boolean {
  return rowOf(view).channels.includes(channel);
}

/** Whether this version has a view of this name. */
export function isView(name: string): name is View {
  return Object.hasOwn(rows, name);
}

/** `ssh-command` was `classic` in version 0.1, and still is on the wire, where both versions meet. */
const fromFirstVersion = (value: unknown) => (value === 'classic' ? 'ssh-command' : value);

/** A view of this version. */
export const viewSchema = z.preprocess(fromFirstVersion, z.enum(viewNames));

/** The name of a view, of this version or of another: it is shown, and opens nothing where it has no row. */
export const viewNameSchema = z.preprocess(fromFirstVersion, z.string().regex(/^[a-z][a-z0-9-]{0,31}$/));
