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
        // ssh expands these two itself; its `-i` would look for a file of that name.
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
 * Whether ssh makes another path of it: it expands `%h` and `${HOME}`, and takes quotes and backslashes away (ssh_config(5),
 * TOKENS and ENVIRONMENT VARIABLES). What comes out of a variable it takes as it is, and nothing else is so for all of them.
 */
function isReadInto(path: string): boolean {
  return /[%"'\\]|\$\{/.test(path);
}

function inQuotes(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}

/** Security: a person's shell is to take each word as it is. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
