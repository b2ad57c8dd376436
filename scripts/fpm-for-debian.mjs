#!/usr/bin/env node
// The slice of fpm that electron-builder calls for a .deb, done by dpkg-deb: fpm itself is fetched from a host that many networks cannot reach.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const one = { type: 'string' };
const many = { type: 'string', multiple: true };

// An option that is not listed is an error: what it asks for would be missing from the package, and nobody would know.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    s: { ...one, short: 's' },
    t: { ...one, short: 't' },
    depends: { ...many, short: 'd' },
    force: { type: 'boolean' },
    debug: { type: 'boolean' },
    log: one,
    name: one,
    version: one,
    iteration: one,
    architecture: one,
    maintainer: one,
    vendor: one,
    url: one,
    license: one,
    category: one,
    description: one,
    package: one,
    'after-install': one,
    'after-remove': one,
    'deb-priority': one,
    'deb-compression': one,
    'deb-recommends': many,
  },
});
if (values.s !== 'dir' || values.t !== 'deb') {
  process.stderr.write(`Only a .deb is made here. For "${values.t}" fpm is needed: https://fpm.readthedocs.io\n`);
  process.exit(2);
}

const stage = mkdtempSync(join(tmpdir(), 'ebp-deb-'));
try {
  for (const pair of positionals) {
    const at = pair.indexOf('=');
    copyTo(pair.slice(0, at), join(stage, pair.slice(at + 1)));
  }
  const sizeKib = makePlain(stage);
  mkdirSync(join(stage, 'DEBIAN'));
  writeFileSync(join(stage, 'DEBIAN', 'control'), control(sizeKib));
  for (const [option, name] of [
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ]) {
    if (values[option] === undefined) continue;
    copyFileSync(values[option], join(stage, 'DEBIAN', name));
    chmodSync(join(stage, 'DEBIAN', name), 0o755);
  }
  const compression = { gz: 'gzip', none: 'none' }[values['deb-compression']] ?? 'xz';
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', stage, values.package], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** As fpm has it: `FOLDER/=PLACE` is what is in the folder, `FILE=PLACE` the file under that name. */
function copyTo(source, target) {
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, verbatimSymlinks: true });
}

/** Modes as Debian's policy 10.9 wants them, whatever umask built the files. Returns the size of all in KiB. */
function makePlain(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const { mode, size } = lstatSync(path);
    chmodSync(path, entry.isDirectory() || mode & 0o111 ? 0o755 : 0o644);
    if (entry.isFile()) bytes += size;
  }
  chmodSync(folder, 0o755);
  return Math.ceil(bytes / 1024);
}

/** The fields of Debian's policy, chapter 5. There is no Homepage: the project names none that it owns. */
function control(sizeKib) {
  const [synopsis, ...rest] = (values.description ?? values.name).split('\n');
  const list = (words) => words?.join(', ');
  const fields = {
    Package: values.name,
    Version: values.iteration === undefined ? values.version : `${values.version}-${values.iteration}`,
    Architecture: values.architecture === 'x86_64' ? 'amd64' : values.architecture,
    Maintainer: values.maintainer,
    'Installed-Size': String(sizeKib),
    Depends: list(values.depends),
    Recommends: list(values['deb-recommends']),
    Section: values.category ?? 'net',
    Priority: values['deb-priority'] ?? 'optional',
    Description: [synopsis, ...rest.map((line) => ` ${line.trim() || '.'}`)].join('\n'),
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
