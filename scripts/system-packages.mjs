// System packages: what sharing, the tests and the demo need of Debian, put there through apt when that is allowed.
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, isRoot, lastLines, runQuietly, say } from './tools.mjs';

/** Where Debian puts a library of this processor. */
const library = (name) => `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/${name}`;

/** Package and what shows that it is there: the name of a program, or a path. */
const forSharing = {
  bubblewrap: 'bwrap',
  'openssh-server': 'sshd',
  'openssh-client': 'ssh',
  'tigervnc-standalone-server': 'Xvnc',
  socat: 'socat',
  openbox: 'openbox',
  xauth: 'xauth',
  passt: 'pasta',
  iproute2: 'ip',
  xterm: 'xterm',
  'x11-xkb-utils': 'xkbcomp',
  'xkb-data': '/usr/share/X11/xkb/rules/base',
  'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
};
const forLab = { iproute2: 'ip', 'util-linux': 'nsenter' };
/** The applications that it shows; the pages open in whatever browser is there. */
const forDemo = { ...forLab, 'x11-apps': 'xcalc' };
/** What Electron's binary is linked with, what it opens by itself (libsecret), and the desktop around it that tests need. */
const forElectron = {
  unzip: 'unzip',
  'libgtk-3-0': library('libgtk-3.so.0'),
  libnss3: library('libnss3.so'),
  libasound2: library('libasound.so.2'),
  libgbm1: library('libgbm.so.1'),
  'libatk-bridge2.0-0': library('libatk-bridge-2.0.so.0'),
  'libatspi2.0-0': library('libatspi.so.0'),
  libcups2: library('libcups.so.2'),
  libdrm2: library('libdrm.so.2'),
  libxkbcommon0: library('libxkbcommon.so.0'),
  libxcomposite1: library('libXcomposite.so.1'),
  libxdamage1: library('libXdamage.so.1'),
  libxrandr2: library('libXrandr.so.2'),
  libxfixes3: library('libXfixes.so.3'),
  'libsecret-1-0': library('libsecret-1.so.0'),
  libnotify4: library('libnotify.so.4'),
  'gnome-keyring': 'gnome-keyring-daemon',
  'dbus-daemon': 'dbus-daemon',
  openbox: 'openbox',
  wmctrl: 'wmctrl',
};
const forTests = {
  ...forDemo,
  ...forElectron,
  chromium: 'chromium',
  xvfb: 'Xvfb',
  perl: 'perl',
  'alsa-utils': 'aplay',
  mousepad: 'mousepad',
  'libreoffice-writer': 'lowriter',
  'libreoffice-gtk3': '/usr/lib/libreoffice/program/libvclplug_gtk3lo.so',
  'desktop-file-utils': 'desktop-file-validate',
  'x11-utils': 'xwininfo',
  'xdg-utils': 'xdg-open',
  xdotool: 'xdotool',
  xclip: 'xclip',
  'ssh-audit': 'ssh-audit',
  foot: 'foot',
  cage: 'cage',
  xwayland: 'Xwayland',
};

export const systemPackages = {
  sharing: forSharing,
  lab: forLab,
  demo: { ...forSharing, ...forDemo },
  tests: { ...forSharing, ...forTests },
};

const isThere = (sign) => (sign.startsWith('/') ? existsSync(sign) : findProgram(sign) !== undefined);

const missingOf = (packages) => Object.keys(packages).filter((name) => !isThere(packages[name]));

/** Installs what is missing when this may be done without asking; otherwise says the exact command. Never fails. */
export async function ensureSystemPackages(packages) {
  if (process.platform !== 'linux') return;
  const missing = missingOf(packages);
  if (missing.length === 0) return;
  const apt = findProgram('apt-get');
  if (!apt) {
    say(`Not everything works until these are installed (their names in Debian): ${missing.join(' ')}`);
    return;
  }
  if (!isRoot()) {
    say(`Not everything works until these are installed. Run:\n  ${commandFor(missing)}`);
    return;
  }
  say(`Installing system packages (${missing.join(' ')})…`);
  const keepQuiet = missing.includes('openssh-server') ? keepSshdFromStarting() : undefined;
  try {
    await installWithApt(apt, missing);
  } finally {
    keepQuiet?.();
  }
  const left = missingOf(packages);
  if (left.length > 0) say(`Not everything works: these could not be installed: ${left.join(' ')}`);
}

/** The command for a person to run; as with our own installation, no ssh server of the system may start from it. */
function commandFor(missing) {
  const install = `sudo apt install --no-install-recommends ${missing.join(' ')}`;
  return missing.includes('openssh-server') ? `sudo systemctl mask ssh.service ssh.socket; ${install}` : install;
}

async function installWithApt(apt, missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = (names) =>
    runQuietly(apt, ['install', '-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...names], { env });
  const update = () => runQuietly(apt, ['update', '-qq'], { env });
  const areListsFresh = hasFreshLists();
  if (!areListsFresh) await update();
  let result = await install(missing);
  if (result.code !== 0 && areListsFresh) {
    await update();
    result = await install(missing);
  }
  if (result.code === 0 || missing.length === 1) return explain(result);
  // One package that this distribution does not know must not keep out the rest.
  for (const name of missing) explain(await install([name]), name);
}

function explain(result, name = 'apt-get') {
  if (result.code !== 0) say(`${name}:\n${lastLines(result.output, 3)}`);
}

function hasFreshLists() {
  const weekMs = 7 * 24 * 3600 * 1000;
  try {
    return readdirSync('/var/lib/apt/lists')
      .filter((name) => name.includes('_Packages'))
      .some((name) => Date.now() - statSync(join('/var/lib/apt/lists', name)).mtimeMs < weekMs);
  } catch {
    return false;
  }
}

/**
 * Security: Debian's openssh-server starts an ssh server on port 22 and enables it for ever. eBrainPool needs the
 * program alone and promises to change nothing about the computer's network. An administrator's mask
 * (systemd.unit(5)) and /etc/ssh/sshd_not_to_be_run (for an init without systemd) are what Debian's maintainer
 * scripts leave alone; policy-rc.d keeps it from starting while dpkg runs.
 * Returns what takes the temporary part back.
 */
function keepSshdFromStarting() {
  say('The ssh server of the system stays off (ssh.service and ssh.socket are masked): only the program is needed.');
  mkdirSync('/etc/systemd/system', { recursive: true });
  for (const unit of ['ssh.service', 'ssh.socket']) {
    const path = `/etc/systemd/system/${unit}`;
    if (!isAnythingAt(path)) symlinkSync('/dev/null', path);
  }
  if (!existsSync('/run/systemd/system')) {
    mkdirSync('/etc/ssh', { recursive: true });
    if (!existsSync('/etc/ssh/sshd_not_to_be_run')) writeFileSync('/etc/ssh/sshd_not_to_be_run', '');
  }
  const policy = '/usr/sbin/policy-rc.d';
  if (isAnythingAt(policy)) return () => {};
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  // Ctrl+C or a closed terminal must not leave behind what would keep every other service from starting.
  const removeAndEnd = (signal) => {
    remove();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, removeAndEnd);
  return () => {
    remove();
    for (const signal of signals) process.off(signal, removeAndEnd);
  };
}

function isAnythingAt(path) {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}
