// The command line that a person pastes into a terminal to use a session with a stock OpenSSH client.

export function classicCommand(options: {
  readonly host: string;
  readonly port: number;
  readonly privateKeyPath: string;
  readonly knownHostsPath: string;
  readonly program: string;
}): string {
  const { host, port, privateKeyPath, knownHostsPath, program } = options;
  // ssh itself splits this value at spaces (ssh_config(5)).
  const knownHosts = /\s/.test(knownHostsPath) ? `"${knownHostsPath}"` : knownHostsPath;
  const words = ['ssh', '-p', String(port), '-i', privateKeyPath, '-o', `UserKnownHostsFile=${knownHosts}`];
  return [...words, `ebp@${host}`, '-X', program].map(quote).join(' ');
}

/** Security: a person's shell is to take each word as it is. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
