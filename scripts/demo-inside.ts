// The demo from inside the lab: starts a browser shell on each computer and a way out for its page.
// Called as: demo-inside.ts FOLDER PORT_OF_ALICE PORT_OF_BOB. Each page's address goes to stdout as one JSON line.
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { folderOf, hosts, spawnOn } from '../lab/hosts.ts';

const [folder = '', ...ports] = process.argv.slice(2);
const here = import.meta.dirname;
const root = resolve(here, '..');

// The end of the demo reaches every program at once; that the shells end then is no failure.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));

for (const [index, host] of hosts().entries()) {
  const port = ports[index] ?? '';
  giveApplications(folderOf(host, 'home'));
  startRelay(host, port);
  startShell(host, port);
}

/** Debian's x11-apps have no desktop entries and no icons of their own. */
function giveApplications(home: string): void {
  const data = join(home, '.local', 'share');
  mkdirSync(data, { recursive: true });
  cpSync(join(here, 'demo-apps', 'applications'), join(data, 'applications'), { recursive: true });
  cpSync(join(here, 'demo-apps', 'icons'), join(data, 'icons', 'hicolor', 'scalable', 'apps'), { recursive: true });
}

function startRelay(host: string, port: string): void {
  const relay = spawnOn(host, ['node', join(root, 'lab', 'relay.mjs'), join(folder, `${host}.sock`), port], {
    stdio: 'inherit',
  });
  relay.on('close', (code) => fail(`The way to ${host} closed (${code}).`));
}

function startShell(host: string, port: string): void {
  const name = host.charAt(0).toUpperCase() + host.slice(1);
  const shell = ['node', join(root, 'src', 'headless', 'main.ts')];
  const profile = join(folderOf(host, 'home'), '.config', 'ebrainpool');
  const options = ['--profile', profile, '--port', port, '--no-open', '--name', name, '--share-all'];
  const child = spawnOn(host, [...shell, ...options], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('The shell has no stdout.');
  createInterface(child.stdout).on('line', (line) => {
    const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0];
    if (address !== undefined) console.log(JSON.stringify({ host, name, address }));
  });
  child.on('close', (code) => fail(`eBrainPool on ${host} ended (${code}).`));
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
