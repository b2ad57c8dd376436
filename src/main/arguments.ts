// The command line of the Electron shell. Chromium's own switches stand on it too and are none of our business.

export interface ShellArguments {
  /** As given by `--profile DIR` or `--profile=DIR`; null for the default. */
  readonly profileDir: string | null;
  /** `--hidden`: start in the tray, without a window. */
  readonly isHidden: boolean;
}

export function readArguments(argv: readonly string[]): ShellArguments {
  const index = argv.findIndex((argument) => argument === '--profile' || argument.startsWith('--profile='));
  const argument = argv[index];
  const profileDir = argument === '--profile' ? argv[index + 1] : argument?.slice('--profile='.length);
  return { profileDir: profileDir || null, isHidden: argv.includes('--hidden') };
}
