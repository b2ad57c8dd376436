// `npm run dist -- [--test-electron] [ARGS…]`: packages for people, made by electron-builder, and what the rest of them needs.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fetchElectron } from './electron-binary.mjs';
import { builder, builderArgs, builderEnvironment, stageForTestElectron } from './packaging.mjs';
import { ensureSetUp } from './setup.mjs';
import { findProgram, lastLines, node24, Refusal, root, runHere, runMain, runQuietly, say } from './tools.mjs';

const usage = `Usage: npm run dist -- [--test-electron] [ARGS…]

Without ARGS it makes every package that can be made on this computer, and says of the others what they need.
ARGS go to electron-builder: --linux deb, --linux dir, -c.electronDist=FOLDER …
--test-electron  packs the older Electron that the tests run in, to try the packaging where the product's own cannot be
                 fetched. Such a package is called …~test and is for nobody else.`;

const dist = join(root, 'dist');
const builderLimitMs = 15 * 60_000;

runMain(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const isTest = args.includes('--test-electron');
  const rest = args.filter((arg) => arg !== '--test-electron');
  await ensureSetUp({ forTests: isTest });
  const electron = isTest ? await stageForTestElectron() : await electronArgs(rest);
  if (rest.length > 0)
    return runHere(node24, [builder, ...rest, ...builderArgs, ...electron], { env: builderEnvironment() });
  return makeAll(electron);
});

async function electronArgs(args) {
  if (args.some((arg) => arg.includes('electronDist')) || (await fetchElectron({ evenIfItFailedToday: true })))
    return [];
  throw new Refusal(
    'Packages need the Electron binary, which is not here and could not be fetched. With a copy of it: ' +
      'npm run dist -- -c.electronDist=FOLDER. To try the packaging with the Electron of the tests: npm run dist -- --test-electron',
  );
}

async function makeAll(electron) {
  const made = [];
  const missing = [];
  for (const { name, args, isPossible, needs } of kindsHere()) {
    const why = isPossible ? await make(name, [...args, ...electron]) : needs;
    if (why === undefined) made.push(name);
    else missing.push(`${name}: ${why}`);
  }
  for (const name of readdirSync(dist).filter((file) => /\.(deb|AppImage|dmg|exe)$/.test(file))) {
    const path = join(dist, name);
    process.stdout.write(`${relative(root, path)}  ${(statSync(path).size / 1e6).toFixed(0)} MB\n`);
  }
  for (const line of missing) process.stdout.write(`Not made: ${line}\n`);
  return made.length > 0 ? 0 : 1;
}

/** The packages of electron-builder.yml. */
function kindsHere() {
  const on = (platform) => process.platform === platform;
  return [
    {
      name: 'deb',
      args: ['--linux', 'deb'],
      isPossible: on('linux') && findProgram('dpkg-deb') !== undefined,
      needs: 'it is made on Linux, with dpkg-deb (in Debian: the package dpkg)',
    },
    { name: 'AppImage', args: ['--linux', 'AppImage'], isPossible: on('linux'), needs: 'it is made on Linux' },
    { name: 'dmg', args: ['--mac'], isPossible: on('darwin'), needs: 'it is made on a Mac' },
    { name: 'nsis', args: ['--win'], isPossible: on('win32'), needs: 'it is made on Windows' },
  ];
}

/** @returns why it could not be made, or undefined */
async function make(name, args) {
  say(`Making ${name} (some minutes)…`);
  rmSync(join(dist, 'linux-unpacked'), { recursive: true, force: true });
  const { code, output, isTimedOut } = await runQuietly(node24, [builder, ...args, ...builderArgs], {
    env: builderEnvironment(),
    timeoutMs: builderLimitMs,
  });
  if (code === 0) return undefined;
  if (isTimedOut) return 'electron-builder did not end within 15 minutes';
  const [, host] = /getaddrinfo \w+ (\S+)|connect E[A-Z]+ (\S+)/.exec(output) ?? [];
  if (host !== undefined) return `electron-builder fetches a tool for it, and ${host} cannot be reached from here`;
  return `electron-builder failed\n${lastLines(output, 12)}`;
}
