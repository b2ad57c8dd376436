// The owner's own networks, as they are now: what a program with the internet must not reach, whenever it appears.
import { readFile } from 'node:fs/promises';
import { endianness, networkInterfaces } from 'node:os';

/** Networks of this size and smaller ones are the owner's own. Larger ones are the internet, which a VPN may route in parts. */
const SMALLEST_PREFIX_BITS = 8;
/** Only a router of the internet has more, and its routes do not tell which network is its owner's. */
const MAX_ROUTES = 4096;

/** IPv4 networks that an interface of this computer is in, or that a route of it leads to, besides those to everywhere. */
export async function readOwnNetworks(): Promise<readonly string[]> {
  const ofInterfaces = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal, cidr }) => family === 'IPv4' && !internal && cidr !== null)
    .map(({ cidr }) => networkOf(cidr as string));
  const routes = parseRoutes(await readFile('/proc/net/route', 'latin1').catch(() => ''));
  return [...new Set([...ofInterfaces, ...(routes.length > MAX_ROUTES ? [] : routes)])];
}

/** `192.168.0.7/24` → `192.168.0.0/24`. */
export function networkOf(cidr: string): string {
  const [address = '', bits = '32'] = cidr.split('/');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return `${addressOf(Math.floor(number / size) * size)}/${bits}`;
}

/** The kernel's main table, see proc(5): hexadecimal numbers in the byte order of the machine. */
export function parseRoutes(table: string, isLittleEndian = endianness() === 'LE'): readonly string[] {
  const numberOf = (text: string) =>
    Number.parseInt(isLittleEndian ? (text.match(/../g) ?? []).toReversed().join('') : text, 16);
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      // Columns: interface, destination, gateway, flags, references, uses, metric, mask.
      const [, destination = '', , , , , , mask = ''] = line.split(/\s+/);
      if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return [];
      const bits = numberOf(mask).toString(2).replace(/0/g, '').length;
      return bits < SMALLEST_PREFIX_BITS ? [] : [`${addressOf(numberOf(destination))}/${bits}`];
    });
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
