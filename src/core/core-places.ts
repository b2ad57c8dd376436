// Where this core keeps what it has: below its profile, and for root below /var/lib, since the homes of its containers belong to another account.
import { createHash } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { homeOf } from '../contract/profile.ts';
import type { WhatIsOurs } from './container/guarded-places.ts';
import type { Owner } from './container/owner.ts';
import type { WatchedFolder } from './health/disk.ts';
import { runtimeDirOf } from './lib/places.ts';

export interface CorePlaces {
  readonly isRoot: boolean;
  /** The user that sandboxes run as; null for the user who runs the core. */
  readonly owner: Owner | null;
  readonly runtimeDir: string;
  readonly logsDir: string;
  readonly identityDir: string;
  /** Where the key lies while a program has it. */
  readonly lentKeysDir: string;
  readonly activityDir: string;
  readonly iconsDir: string;
  readonly containersDir: string;
  /** What no container may see. */
  readonly ours: WhatIsOurs;
  /** Folders that are written to, the most important first, each with the free space that it needs. */
  readonly watched: readonly WatchedFolder[];
}

/** An account that nobody has: root's sandboxes run as this user. */
const ROOTS_SANDBOX_OWNER: Owner = { uid: 70_731, gid: 70_731 };
const MIB = 1024 * 1024;

export function corePlaces(profileDir: string): CorePlaces {
  const isRoot = process.getuid?.() === 0;
  const runtimeDir = runtimeDirOf(profileDir, process.env, isRoot);
  const digest = createHash('sha256').update(profileDir).digest('hex').slice(0, 16);
  const containersDir = isRoot ? join('/var/lib/ebrainpool/containers', digest) : join(profileDir, 'containers');
  return {
    isRoot,
    owner: isRoot ? ROOTS_SANDBOX_OWNER : null,
    runtimeDir,
    logsDir: join(profileDir, 'logs'),
    identityDir: join(profileDir, 'identity'),
    lentKeysDir: join(runtimeDir, 'keys'),
    activityDir: join(profileDir, 'activity'),
    iconsDir: join(profileDir, 'icons'),
    containersDir,
    ours: {
      profileDir,
      runtimeDir,
      containersDir: isRoot ? dirname(dirname(containersDir)) : containersDir,
      home: homeOf(process.env, homedir),
      temporaryDir: tmpdir(),
      env: process.env,
    },
    watched: [
      { path: profileDir, wantedBytes: 16 * MIB },
      { path: containersDir, wantedBytes: 16 * MIB },
      // A tmpfs. It may be small, but so is what lies there.
      { path: runtimeDir, wantedBytes: MIB },
    ],
  };
}
