// A uid that no account has, as containers and service managers make them up: everything works, or says what is missing.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const uid = 54_321;
const words = ['--user', `--map-user=${uid}`, `--map-group=${uid}`];
const canUnshare = spawnSync('unshare', [...words, 'true']).status === 0;
const { HOME: _home, XDG_DATA_HOME: _data, XDG_CONFIG_HOME: _config, XDG_RUNTIME_DIR: _runtime, ...env } = process.env;
const root = join(import.meta.dirname, '..', '..');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebp-na-'));
  await chmod(folder, 0o777);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(script: string, more: Readonly<Record<string, string>> = {}) {
  const child = spawn('unshare', [...words, 'bash', '-c', script], {
    env: {
      ...env,
      NODE: process.execPath,
      EBP: join(root, 'src/cli/main.ts'),
      FOLDER: folder,
      TMPDIR: folder,
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    out += chunk;
  });
  await once(child, 'close');
  return out;
}

describe.runIf(canUnshare)('an account that the system does not know', () => {
  test.each(['status', 'serve --no-open'])('is told what it lacks by “ebp %s”, in one line', async (command) => {
    expect(await run(`"$NODE" "$EBP" ${command}; echo "exit $?"`)).toMatch(
      /^This account has no home folder on this computer\. Set HOME .*\nexit 1\n$/,
    );
  });

  test('gets help and the version all the same', async () => {
    expect(await run('"$NODE" "$EBP" --help')).toMatch(/^Usage: ebp/);
  });

  test.each([
    ['a profile', '--profile "$FOLDER/p"', {}],
    ['HOME', '', { HOME: '' }],
  ])('has a core that runs and answers with %s of its own', async (_name, flag, more) => {
    const core = `
      import { createCore } from ${JSON.stringify(join(root, 'src/core/core.ts'))};
      import { defaultProfileDir, homeOf } from ${JSON.stringify(join(root, 'src/contract/profile.ts'))};
      const profileDir = process.argv[1] || defaultProfileDir({ env: process.env, platform: 'linux', home: homeOf(process.env, () => ''), isRoot: false });
      const core = await createCore({ profileDir, shell: 'browser', version: '0', secrets: null });
      console.log('up');
      await core.stopRequested;
      await core[Symbol.asyncDispose]();
      console.log('down');`;
    const out = await run(
      `exec 3< <("$NODE" --input-type=module -e "$CORE" "${flag === '' ? '' : '$FOLDER/p'}" 2>&1); head -n1 <&3
       "$NODE" "$EBP" ${flag} status | head -n1; "$NODE" "$EBP" ${flag} mounts; "$NODE" "$EBP" ${flag} stop; cat <&3`,
      { CORE: core, ...('HOME' in more ? { HOME: folder } : {}) },
    );
    expect(out).toMatch(/^up\n.*\nNo folder is shared with visitors\.\n.*\ndown\n$/);
  });
});
