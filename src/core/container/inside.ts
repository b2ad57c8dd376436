// Where things lie in a sandbox, whichever engine made it.

/** What was brought along. Read-only there. */
export const CONF = '/run/ebp/conf';
/** Sockets of the programs that others reach from outside. */
export const SOCKETS = '/run/ebp/sock';
/** The container's home, which lasts. */
export const HOME = '/home/ebp';
/** Of the user, private and in memory. */
export const PRIVATE = '/run/user/1000';

/** The socket of this name, as `connect` takes it. */
export const socketOf = (name: string) => `${SOCKETS}/${name}`;
