// `npm run lab -- [--hosts N] [--ipv6] [COMMAND…]`: several computers on a simulated LAN, made of namespaces, without root.
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSystemPackages, systemPackages } from '../scripts/system-packages.mjs';
import { testElectron } from '../scripts/test-electron.mjs';
import {
  exitCodeOf,
  findProgram,
  lastLines,
  projectPath,
  Refusal,
  readText,
  root,
  runMain,
  runQuietly,
  say,
} from '../scripts/tools.mjs';

const maxHosts = 200;

const usage = `Usage: npm run lab -- [--hosts N] [--ipv6] [COMMAND…]

Runs COMMAND (a shell without one) in the middle of a simulated network of N computers (3; from 1 to ${maxHosts}):
${nameHosts(4).join(', ')}, h5 … at 192.168.77.11, .12 … and fd00:77::11 …; with --ipv6 they have IPv6 alone.
Inside:
  on HOST COMMAND…   runs a command on a computer, as its ordinary user
  cut HOST           takes its cable out
  mend HOST          puts it back in
Everything in the lab ends with COMMAND, whose exit status is passed on.`;

function nameHosts(count) {
  const names = ['alice', 'bob', 'carol', 'dave'];
  return Array.from({ length: count }, (_, index) => names[index] ?? `h${index + 1}`);
}

function parse(args) {
  const options = { hosts: 3, families: '4 6', command: [] };
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at];
    if (arg === '--help' || arg === '-h') return { ...options, isHelp: true };
    if (arg === '--ipv6') options.families = '6';
    else if (arg === '--hosts') options.hosts = readCount(args[++at]);
    else if (arg.startsWith('--hosts=')) options.hosts = readCount(arg.slice('--hosts='.length));
    else if (arg !== '--' && arg.startsWith('-')) throw new Refusal(`The lab knows no ${arg}.\n\n${usage}`, 2);
    else return { ...options, command: args.slice(arg === '--' ? at + 1 : at) };
  }
  return options;
}

function readCount(text) {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= maxHosts) return count;
  throw new Refusal(`--hosts takes a number from 1 to ${maxHosts}, not "${text ?? ''}".`, 2);
}

/** How every namespace of the lab is made; --kill-child ends process 1, and so all of the lab, with unshare. */
const unshareArgs = [
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--uts',
  '--ipc',
  '--pid',
  '--fork',
  '--kill-child',
];

/** Why the lab failed to start, in one sentence with the command that mends it. */
async function explainFailure() {
  const probe = 'mount -t tmpfs lab /run && mount -t proc proc /proc && ip link add lan type bridge';
  const { code, output } = await runQuietly('unshare', [...unshareArgs, 'sh', '-c', probe], {
    env: { ...process.env, PATH: projectPath() },
  });
  if (code === 0) return undefined;
  const setting = (path) => readText(`/proc/sys/${path}`)?.trim();
  const allow = (name, value) =>
    `The lab needs user namespaces, which this computer forbids to ordinary users. Allow them with: sudo sysctl -w ${name}=${value}`;
  if (setting('kernel/unprivileged_userns_clone') === '0') return allow('kernel.unprivileged_userns_clone', 1);
  if (setting('user/max_user_namespaces') === '0') return allow('user.max_user_namespaces', 15000);
  if (setting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return allow('kernel.apparmor_restrict_unprivileged_userns', 0);
  }
  return (
    `The lab could not make its namespaces (${lastLines(output, 1).trim()}). In a container, start it with ` +
    '--security-opt seccomp=unconfined --security-opt systempaths=unconfined, or run the lab outside of it.'
  );
}

runMain(async () => {
  const { hosts, families, command, isHelp } = parse(process.argv.slice(2));
  if (isHelp) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  if (process.platform !== 'linux') throw new Refusal('The lab is made of Linux namespaces and runs on Linux only.', 2);
  await ensureSystemPackages(systemPackages.lab);
  if (!findProgram('ip')) throw new Refusal('The lab needs the program "ip". Run: sudo apt install iproute2', 2);
  const failure = await explainFailure();
  if (failure) throw new Refusal(failure, 2);

  const names = nameHosts(hosts);
  if (command.length === 0) {
    say(`The lab: ${names.join(', ')}. Try: on alice ip address · on bob npm start · cut bob · mend bob · exit`);
    command.push(process.env.SHELL ?? 'sh');
  }
  return runInside(names, families, command);
});

function runInside(names, families, command) {
  const scripts = dirname(fileURLToPath(import.meta.url));
  const inside = ['sh', `${scripts}/inside.sh`, names.join(' '), families, scripts, ...command];
  // Inside, the person's cache is not known any more.
  const forTests = { EBP_TEST_ELECTRON: testElectron()?.folder ?? '' };
  const env = { ...process.env, ...forTests, PATH: projectPath(), EBP_ROOT: root };
  return new Promise((resolve) => {
    // fd 3 tells the inside of signals, and ends with this process however it ends.
    const child = spawn('unshare', [...unshareArgs, ...inside], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env,
    });
    const pipe = child.stdio[3];
    pipe.on('error', () => {});
    let interrupts = 0;
    // The terminal gives Ctrl+C to the command as well, which may want to tidy up; the second one is final.
    process.on('SIGINT', () => {
      interrupts += 1;
      if (interrupts > 1) child.kill('SIGKILL');
    });
    for (const signal of ['SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        pipe.write('TERM\n');
        setTimeout(() => child.kill('SIGKILL'), 3000).unref();
      });
    }
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal)));
  }).then((code) => process.exit(code));
}
