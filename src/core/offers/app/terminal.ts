// The window around a program of the console.

/** A program that fails at once has written why in this window, so the window stays until that was read. */
const script = `SECONDS=0
"$@"
code=$?
[ "$code" -eq 0 ] || [ "$SECONDS" -gt 4 ] && exit "$code"
printf '\\n[eBrainPool: the program ended with exit code %s. Press Enter to close this window.]' "$code"
read -r
exit "$code"`;

/** The program inside a terminal window with this title. */
export function insideTerminal(title: string, argv: readonly string[]): readonly string[] {
  return ['xterm', '-T', title, '-e', '/bin/bash', '-c', script, 'terminal', ...argv];
}
