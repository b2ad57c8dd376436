// What the person chose for this computer, kept in settings.json.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { mountSchema } from '../../contract/containers.ts';
import { AppError } from '../../contract/errors.ts';
import { type Audience, audienceSchema } from '../../contract/offers.ts';
import { homeOf } from '../../contract/profile.ts';
import { parseInput } from '../../contract/rpc.ts';
import { type Settings, settingsSchema } from '../../contract/settings.ts';
import { hasUnknownFields, type Migration } from '../lib/file-version.ts';
import { isPlainObject, JsonFile, type JsonFileProblem } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { ownCommand, setAutostart } from './autostart.ts';
import { cleanName, defaultName, findPerson, type Person } from './name.ts';

type Patch<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
export type SettingsPatch = Patch<Omit<Settings, 'quietHours'>> & {
  readonly quietHours?: Patch<Settings['quietHours']> | undefined;
};

export interface SettingsPart extends AsyncDisposable {
  readonly state: Followable<Settings>;
  /**
   * Changes fields, one change after the other; shows when it is on the disk.
   * @throws AppError `bad-input`, `disk-full`; then nothing has changed, but a pause holds until this computer's eBrainPool ends.
   */
  update(patch: SettingsPatch | ((current: Settings) => SettingsPatch)): Promise<void>;
  /** What was wrong with the file at start: for the health item `settings`. */
  readonly damage: JsonFileProblem | null;
}

export interface SettingsOptions {
  readonly profileDir: string;
  readonly log: Log;
  /** For tests: who runs it, and where. */
  readonly person?: Person;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
  readonly replaceFile?: (path: string, text: string) => Promise<void>;
}

/** What holds until the person chooses otherwise. */
export const defaultSettings: Omit<Settings, 'name'> = {
  isSetUp: false,
  isPaused: false,
  isSharedByDefault: false,
  sharedByOfferId: {},
  audience: { who: 'everybody' },
  audienceByOfferId: {},
  ownSandboxOfferIds: [],
  isDoNotDisturb: false,
  quietHours: { isOn: false, from: '22:00', to: '07:00' },
  mounts: [],
  maxUploadMib: 2048,
  isWarmUp: true,
  isStartedAtLogin: false,
  isKeySealed: true,
  hasNotifications: true,
  logLevel: 'info',
  peerPort: 20101,
  answerTimeoutS: 60,
};

const nobody: Audience = { who: 'chosen', peerIds: [] };

/** settings.json, from each version to the next. */
const migrations: readonly Migration[] = [
  // Before version 0.1 was done, peers added by address were here; they are in peers.json.
  ({ addresses: _, ...stored }) => stored,
];

/** Reads the settings, or makes them from the defaults. */
export async function startSettings(options: SettingsOptions): Promise<SettingsPart> {
  const initial: Settings = { ...defaultSettings, name: defaultName(options.person ?? (await findPerson())) };
  const file = await JsonFile.open({
    path: join(options.profileDir, 'settings.json'),
    schema: settingsSchema,
    initial,
    log: options.log,
    mend: withCaution,
    migrations,
    narrowNewer,
    ...(options.replaceFile === undefined ? {} : { replaceFile: options.replaceFile }),
  });
  const state = new State<Settings>({ ...file.value, name: cleanName(file.value.name) || initial.name });
  const autostart = {
    isSupported: (options.platform ?? process.platform) === 'linux',
    command: ownCommand(options.profileDir),
    place: { env: options.env ?? process.env, home: options.home ?? homeOf(process.env, homedir) },
  };

  let last: Promise<unknown> = Promise.resolve();
  async function apply(patch: SettingsPatch): Promise<void> {
    const before = state.value;
    const { quietHours, ...others } = patch;
    const given = withoutGaps<Partial<Settings>>(others);
    const name = given.name === undefined ? before.name : cleanName(given.name);
    if (name === '') throw new AppError('bad-input', { where: 'name', why: 'must not be empty' });
    const after = parseInput(
      settingsSchema,
      { ...before, ...given, name, quietHours: { ...before.quietHours, ...withoutGaps(quietHours ?? {}) } },
      'settings',
    );
    const isAutostartDue = autostart.isSupported && after.isStartedAtLogin !== before.isStartedAtLogin;
    const switchAutostart = (isOn: boolean) => setAutostart(isOn, autostart.command, autostart.place);
    if (isAutostartDue) await switchAutostart(after.isStartedAtLogin);
    try {
      await file.update(() => after);
    } catch (error) {
      if (isAutostartDue) await switchAutostart(before.isStartedAtLogin).catch(() => {});
      // Security: a pause holds at once, also when it cannot be kept: a program in a container may be what fills the disk.
      if (after.isPaused && !before.isPaused) state.set({ ...before, isPaused: true });
      throw error;
    }
    state.set(after);
  }

  return {
    state,
    damage: file.problem,
    update: (patch) => {
      const change = last.then(() => apply(typeof patch === 'function' ? patch(state.value) : patch));
      last = change.catch(() => {});
      return change;
    },
    [Symbol.asyncDispose]: async () => {
      await last;
    },
  };
}

function withoutGaps<T extends object>(patch: Patch<T>): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Security: where damage hid what the person had closed, it stays closed. */
function withCaution(settings: Settings, damagedFields: readonly string[]): Settings {
  return {
    ...settings,
    isPaused: settings.isPaused || damagedFields.includes('isPaused'),
    isSharedByDefault: settings.isSharedByDefault && !damagedFields.includes('sharedByOfferId'),
    audience:
      damagedFields.includes('audience') || damagedFields.includes('audienceByOfferId') ? nobody : settings.audience,
  };
}

/** Security: an unknown field of an audience or a folder may exclude somebody. Not knowing whom, this version gives it to nobody. */
function narrowNewer(stored: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { audience, audienceByOfferId, mounts } = stored;
  const narrow = (one: unknown) => (hasUnknownFields(audienceSchema, one) ? nobody : one);
  return {
    ...stored,
    ...withoutGaps({
      audience: narrow(audience),
      audienceByOfferId: isPlainObject(audienceByOfferId)
        ? Object.fromEntries(Object.entries(audienceByOfferId).map(([id, one]) => [id, narrow(one)]))
        : audienceByOfferId,
      mounts: Array.isArray(mounts) ? mounts.filter((mount) => !hasUnknownFields(mountSchema, mount)) : mounts,
    }),
  };
}
