// Start at login on Linux: one file of the Desktop Application Autostart Specification 0.5.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import { replaceFile } from '../lib/replace-file.ts';

export interface AutostartPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Null for an account without one. */
  readonly home: string | null;
}

/** Where the autostart entry lies. @throws AppError `no-home` */
export function autostartPath({ env, home }: AutostartPlace): string {
  const { XDG_CONFIG_HOME: configHome } = env;
  const own = configHome?.startsWith('/') ? configHome : home && join(home, '.config');
  if (!own) throw new AppError('no-home');
  return join(own, 'autostart', 'ebrainpool.desktop');
}

/** Makes or removes the entry that runs `command` (program and arguments) at login. */
export async function setAutostart(isOn: boolean, command: readonly string[], place: AutostartPlace): Promise<void> {
  const path = autostartPath(place);
  if (!isOn) {
    await rm(path, { force: true });
    return;
  }
  await replaceFile(
    path,
    [
      '[Desktop Entry]',
      'Type=Application',
      'Name=eBrainPool',
      `Exec=${command.map(quoteExecArgument).join(' ')}`,
      'Terminal=false',
      'X-GNOME-Autostart-enabled=true',
      '',
    ].join('\n'),
  );
}

/** Desktop Entry Specification 1.5, "The Exec key": quoted, `%` doubled, then escaped again as a value of type string. */
export function quoteExecArgument(argument: string): string {
  const quoted = `"${argument.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`;
  return quoted.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
}

/** How the program that runs now is started again; `process` unless told. */
export function ownCommand(
  profileDir: string,
  running: {
    readonly execPath: string;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly isElectron: boolean;
  } = {
    execPath: process.execPath,
    argv: process.argv,
    env: process.env,
    isElectron: 'electron' in process.versions,
  },
): readonly string[] {
  // https://docs.appimage.org/packaging-guide/environment-variables.html: the mounted program has another path at every start.
  const { APPIMAGE: appImage } = running.env;
  // `--hidden`: into the tray, without a window in the person's way.
  if (running.isElectron) return [appImage ?? running.execPath, '--hidden'];
  const script = running.argv[1];
  return [running.execPath, ...(script === undefined ? [] : [script]), '--profile', profileDir, '--no-open'];
}
