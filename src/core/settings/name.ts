// The name under which others see this computer.
import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { toShowable } from '../lib/text.ts';

const MAX_LENGTH = 100;

/** The name without what does not belong in one; empty when nothing is left. */
export function cleanName(name: string): string {
  return toShowable(name, MAX_LENGTH);
}

export interface Person {
  readonly fullName: string;
  readonly userName: string;
  readonly hostName: string;
}

/** For example "Alice Smith’s laptop". */
export function defaultName(person: Person): string {
  const computer = cleanName(person.hostName.split('.')[0] ?? '') || 'computer';
  const owner = cleanName(person.fullName) || cleanName(person.userName);
  if (owner === '' || owner === 'root') return computer.slice(0, MAX_LENGTH);
  return cleanName(`${cleanName(owner.slice(0, 60))}’s ${computer}`);
}

/** Who runs this process, as far as the system tells. */
export async function findPerson(): Promise<Person> {
  let userName = '';
  try {
    userName = userInfo().username;
  } catch {
    // A uid without an entry, as containers have.
  }
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return { fullName: fullNameFrom(passwd, userName), userName, hostName: hostname() };
}

/** The first part of the GECOS field of passwd(5), in which `&` stands for the capitalised user name; empty when there is none. */
export function fullNameFrom(passwd: string, userName: string): string {
  const line = passwd.split('\n').find((entry) => userName !== '' && entry.startsWith(`${userName}:`));
  const gecos = line?.split(':')[4]?.split(',')[0] ?? '';
  return gecos.replaceAll('&', userName.charAt(0).toUpperCase() + userName.slice(1)).trim();
}
