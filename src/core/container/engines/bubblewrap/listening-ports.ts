// Reads the kernel's tables of TCP sockets.

/** Ports in state LISTEN (0A) of /proc/net/tcp (proc(5)). */
export function parseListeningPorts(table: string): number[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16))
    .filter((port) => port > 0 && port <= 65535);
}
