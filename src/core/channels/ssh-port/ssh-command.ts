// The command line that a person pastes into a terminal to use a session with a stock OpenSSH client.

export function sshCommand(options: {
  readonly host: string;
  readonly port: number;
  readonly privateKeyPath: string;
  readonly knownHostsPath: string;
  readonly program: string;
}): string {
  const { host, port, privateKeyPath, knownHostsPath, program } = options;
  const files = [privateKeyPath, knownHostsPath].some(isReadInto)
    ? {
        variables: ['env', `EBP_KEY=${privateKeyPath}`, `EBP_KNOWN_HOSTS=${knownHostsPath}`],
        // ssh expands variables in these two options, but not after `-i`.
        words: ['-o', `IdentityFile=\${EBP_KEY}`, '-o', `UserKnownHostsFile=\${EBP_KNOWN_HOSTS}`],
      }
    : {
        variables: [],
        // ssh itself splits the second value at spaces (ssh_config(5)).
        words: ['-i', privateKeyPath, '-o', `UserKnownHostsFile=${inQuotes(knownHostsPath)}`],
      };
  return [...files.variables, 'ssh', '-p', String(port), ...files.words, `ebp@${host}`, '-X', program]
    .map(quote)
    .join(' ');
}

/**
 * Whether ssh would read another path: it expands `%h` and `${HOME}` and drops quotes and backslashes (ssh_config(5), TOKENS and
 * ENVIRONMENT VARIABLES). Only the value of a variable is taken as it is, whatever characters it has.
 */
function isReadInto(path: string): boolean {
  return /[%"'\\]|\$\{/.test(path);
}

function inQuotes(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}

/** Security: a person's shell must take each word literally. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
