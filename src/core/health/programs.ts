// Whether a program that a part needs is on this computer, and the command that installs it.
import type { HealthItem } from '../../contract/health.ts';
import { findProgram } from '../lib/find-program.ts';

export interface NeededProgram {
  /** Of the item. */
  readonly id: string;
  /** One of them is enough; the first is the one that is named. */
  readonly programs: readonly [string, ...string[]];
  /** The package of Debian that has it. */
  readonly debian: string;
  /** How bad it is without: an error is what sharing cannot do without. */
  readonly level: 'error' | 'warning';
  /** What cannot be done without it. */
  readonly blocks?: HealthItem['blocks'];
}

/** What packages are called where it is not as in Debian. */
const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dnf: { 'tigervnc-standalone-server': 'tigervnc-server', 'openssh-client': 'openssh-clients' },
  pacman: {
    'tigervnc-standalone-server': 'tigervnc',
    'openssh-server': 'openssh',
    'openssh-client': 'openssh',
    xauth: 'xorg-xauth',
  },
  zypper: { 'tigervnc-standalone-server': 'xorg-x11-Xvnc', 'openssh-client': 'openssh-clients' },
};

const OTHER_INSTALLERS = [
  ['dnf', 'install'],
  ['pacman', '-S'],
  ['zypper', 'install'],
] as const;

/** Looks for the programs; takes a few milliseconds. */
export function checkPrograms(needed: readonly NeededProgram[]): Promise<readonly HealthItem[]> {
  return Promise.all(
    needed.map(async ({ id, programs, debian, level, blocks }): Promise<HealthItem> => {
      const found = await Promise.all(programs.map((name) => findProgram(name)));
      const params = { program: programs[0] };
      if (found.some((path) => path !== null)) return { id, level: 'ok', params, command: null };
      return { id, level, params, command: await installCommand(debian), ...(blocks && { blocks }) };
    }),
  );
}

/** The command that installs a package of Debian's name, in the words of this distribution. */
async function installCommand(debian: string): Promise<string> {
  if ((await findProgram('apt-get')) === null) {
    for (const [tool, verb] of OTHER_INSTALLERS) {
      if ((await findProgram(tool)) !== null) return `sudo ${tool} ${verb} ${NAMES[tool]?.[debian] ?? debian}`;
    }
  }
  // Security: Debian's openssh-server opens port 22 for ever; only its program is needed, so the system's server stays off.
  const mask = debian === 'openssh-server' ? 'sudo systemctl mask ssh.service ssh.socket; ' : '';
  return `${mask}sudo apt install ${debian}`;
}
