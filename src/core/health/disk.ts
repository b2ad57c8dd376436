// Whether there is space where this computer writes: the health item `disk`.
import { statfs } from 'node:fs/promises';
import type { HealthItem } from '../../contract/health.ts';
import type { Log } from '../lib/log.ts';
import type { HealthCheck } from './health.ts';

export interface WatchedFolder {
  readonly path: string;
  /** The space that must be left there. */
  readonly wantedBytes: number;
}

/** A disk is running full while it has less than this many times the wanted space. */
const LOW_FACTOR = 8;
/** Often, because a disk can fill up or be freed at any time. */
export const DISK_CHECK_MS = 5000;

/** Reports the disk that is worst off whenever that disk or its level changes. The most important folder comes first. */
export function createDiskCheck(folders: readonly WatchedFolder[], log: Log): HealthCheck {
  let before: Disk | undefined;
  return async () => {
    const disks = await Promise.all(folders.map(readDisk));
    const worst = (['error', 'warning', 'ok'] as const).flatMap((level) =>
      disks.filter((disk) => disk.level === level),
    )[0];
    if (worst === undefined || (before?.level === worst.level && before.path === worst.path)) return [];
    if (before !== undefined || worst.level !== 'ok') log.warn({ ...worst }, 'space on the disk');
    before = worst;
    const { level, path, freeBytes } = worst;
    return [{ id: 'disk', level, params: { path, freeBytes }, command: null }];
  };
}

interface Disk {
  readonly path: string;
  readonly level: HealthItem['level'];
  readonly freeBytes: number;
}

async function readDisk({ path, wantedBytes }: WatchedFolder): Promise<Disk> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  const freeBytes = bavail * bsize;
  // Some file systems have a number of files as well as a size, others say 0 for it.
  const isFull = freeBytes < wantedBytes || (files > 0 && ffree === 0);
  return { path, level: isFull ? 'error' : freeBytes < LOW_FACTOR * wantedBytes ? 'warning' : 'ok', freeBytes };
}
