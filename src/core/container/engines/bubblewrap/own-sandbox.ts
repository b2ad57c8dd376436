// What programs say when they end because they may not build a sandbox of their own.

/** Chromium and Electron, by any of the ways in which their sandbox can fail; bwrap(1), which others use. */
const REFUSED =
  /No usable sandbox|SUID sandbox helper|setuid sandbox|Failed to move to new namespace|bwrap: (No permissions to create|Creating) new namespace/i;

/** Whether a line of a program's words says so. Only believed of one that has ended: what a program prints is its own. */
export function saysSandboxRefused(line: string): boolean {
  return REFUSED.test(line);
}
