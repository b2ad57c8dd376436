// What the person chose for this computer, kept in settings.json.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { type Settings, settingsSchema } from '../../contract/models.ts';
import { parseInput } from '../../contract/rpc.ts';
import { JsonFile, type JsonFileProblem } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { ownCommand, setAutostart } from './autostart.ts';
import { cleanName, defaultName, findPerson, type Person } from './name.ts';

export type SettingsPatch = { readonly [Key in keyof Settings]?: Settings[Key] | undefined };

export interface SettingsPart extends AsyncDisposable {
  readonly state: Followable<Settings>;
  /**
   * Changes fields, one change after the other; shows when it is on the disk.
   * @throws AppError `bad-input`, `disk-full`; then nothing has changed.
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

const defaults: Omit<Settings, 'name'> = {
  isSetUp: false,
  isPaused: false,
  isSharedByDefault: false,
  sharedByOfferId: {},
  mounts: [],
  isWarmUp: true,
  isStartedAtLogin: false,
  hasNotifications: true,
  logLevel: 'info',
  peerPort: 20101,
  answerTimeoutS: 60,
  addresses: [],
};

/** Reads the settings, or makes them from the defaults. */
export async function startSettings(options: SettingsOptions): Promise<SettingsPart> {
  const initial: Settings = { ...defaults, name: defaultName(options.person ?? (await findPerson())) };
  const file = await JsonFile.open({
    path: join(options.profileDir, 'settings.json'),
    schema: settingsSchema,
    initial,
    log: options.log,
    mend: withCaution,
    ...(options.replaceFile === undefined ? {} : { replaceFile: options.replaceFile }),
  });
  const state = new State<Settings>({ ...file.value, name: cleanName(file.value.name) || initial.name });
  const autostart = {
    isSupported: (options.platform ?? process.platform) === 'linux',
    command: ownCommand(options.profileDir),
    place: { env: options.env ?? process.env, home: options.home ?? homedir() },
  };

  let last: Promise<unknown> = Promise.resolve();
  async function apply(patch: SettingsPatch): Promise<void> {
    const before = state.value;
    const given = Object.fromEntries(
      Object.entries(patch).filter(([, value]) => value !== undefined),
    ) as Partial<Settings>;
    const name = given.name === undefined ? before.name : cleanName(given.name);
    if (name === '') throw new AppError('bad-input', { where: 'name', why: 'must not be empty' });
    const after = parseInput(settingsSchema, { ...before, ...given, name }, 'settings');
    const isAutostartDue = autostart.isSupported && after.isStartedAtLogin !== before.isStartedAtLogin;
    const switchAutostart = (isOn: boolean) => setAutostart(isOn, autostart.command, autostart.place);
    if (isAutostartDue) await switchAutostart(after.isStartedAtLogin);
    try {
      await file.update(() => after);
    } catch (error) {
      if (isAutostartDue) await switchAutostart(before.isStartedAtLogin).catch(() => {});
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

/** Security: where damage hid what the person had closed, it stays closed. */
function withCaution(settings: Settings, damagedFields: readonly string[]): Settings {
  return {
    ...settings,
    isPaused: settings.isPaused || damagedFields.includes('isPaused'),
    isSharedByDefault: settings.isSharedByDefault && !damagedFields.includes('sharedByOfferId'),
  };
}
