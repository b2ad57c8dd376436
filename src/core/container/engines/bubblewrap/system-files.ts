// What of this computer's /etc and /var a program sees: what programs need to run, decided file by file, and nothing of the owner's.
import { readdirSync } from 'node:fs';

/**
 * Security: nothing in which a person or a company keeps names, addresses or passwords: accounts, network, SSH, mail, proxies
 * (`environment`, `wgetrc`), sources of packages (`apt`, `pip.conf`, `npmrc`, `maven`), `gitconfig`, printers, profile scripts.
 */
const ETC: readonly string[] = [
  '.java',
  'alternatives',
  'bash.bashrc',
  'ca-certificates',
  'ca-certificates.conf',
  'chromium',
  'chromium.d',
  'dconf',
  'debian_version',
  'default/locale',
  'dictionaries-common',
  'dillo',
  'drirc',
  'emacs',
  'firefox',
  'firefox-esr',
  'fonts',
  'gdb',
  'gimp',
  'glvnd',
  'gnome',
  'groff',
  'host.conf',
  'inputrc',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'libreoffice',
  'locale.alias',
  'localtime',
  'lsb-release',
  'magic',
  'mailcap',
  'manpath.config',
  'matchbox',
  'mime.types',
  'mono',
  'mplayer',
  'mpv',
  'nanorc',
  'octaverc',
  'openal',
  'OpenCL',
  'os-release',
  'pango',
  'papersize',
  'perl',
  'pki/tls/certs',
  'profile',
  'protocols',
  'R',
  'services',
  'sgml',
  'shells',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'texmf',
  'thunderbird',
  'timezone',
  'timidity',
  'tkcvs',
  'vdpau_wrapper.cfg',
  'vim',
  'vulkan',
  'w3m',
  'X11',
  'xboard',
  'xdg',
  'xfe',
  'xml',
  'xpdf',
];

/** Those with a version in their name. */
const ETC_VERSIONED = /^(gtk-\d\.0|ImageMagick-\d+|java-\d+-openjdk|python3(\.\d+)?)$/;

/** Made by packages out of what is in /usr: caches, and what the links in /usr lead to. */
const VAR: readonly string[] = [
  'cache/fontconfig',
  'lib/aspell',
  'lib/dictionaries-common',
  'lib/ghostscript',
  'lib/ispell',
  'lib/libreoffice',
  'lib/texmf',
  'lib/usbutils',
];

/** Each is mounted read-only where it is there. */
export function systemFiles(): { readonly etc: readonly string[]; readonly var: readonly string[] } {
  let versioned: string[] = [];
  try {
    versioned = readdirSync('/etc').filter((name) => ETC_VERSIONED.test(name));
  } catch {
    // A computer without /etc has no such files.
  }
  return { etc: [...ETC, ...versioned].sort(), var: VAR };
}
