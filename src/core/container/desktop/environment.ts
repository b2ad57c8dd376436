// What programs in a sandbox find in their environment, however they are shown: one list for programs and for each login.

/** The owner's locale is passed on only in this form: it can carry no path and no command into a container. */
const LOCALE = /^[A-Za-z]{1,8}(_[A-Za-z]{2,4})?(\.[A-Za-z0-9-]{1,20})?(@[A-Za-z]{1,20})?$/;

/** The same for every view. What differs, the X display, is added where it is known. */
export function sandboxEnvironment(lang = process.env['LANG'] ?? ''): Readonly<Record<string, string>> {
  return {
    HOME: '/home/ebp',
    USER: 'ebp',
    LOGNAME: 'ebp',
    SHELL: '/bin/bash',
    // Debian's games are in folders of their own.
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/usr/sbin:/sbin',
    // Many programs of today end at once in a locale without UTF-8.
    LANG: LOCALE.test(lang) && !/^(C|POSIX)$/.test(lang) ? lang : 'C.UTF-8',
    TERM: 'xterm-256color',
    // Before the system's own: which program opens a document (default-applications.ts).
    XDG_CONFIG_DIRS: '/run/ebp/conf/xdg:/etc/xdg',
    XDG_RUNTIME_DIR: '/run/user/1000',
    XDG_SESSION_TYPE: 'x11',
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus',
    GDK_BACKEND: 'x11',
    QT_QPA_PLATFORM: 'xcb',
    // GTK 4 would draw by OpenGL, which is the processor's work here: a third of a core for a window in which nothing happens.
    GSK_RENDERER: 'cairo',
    // No screen reader is in the sandbox. What is started for one would stay, and hold the last window's connection open.
    NO_AT_BRIDGE: '1',
    GTK_A11Y: 'none',
  };
}

/** As a file that a shell reads without looking into it: each `NAME=VALUE` ended by NUL. */
export function asEnvironmentFile(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
}
