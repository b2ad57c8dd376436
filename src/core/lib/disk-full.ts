// Tells a full disk as such, whatever was being written to it.
import { AppError } from '../../contract/errors.ts';

/**
 * The error to throw in place of one that came while writing below `path`: AppError `disk-full` for a full disk, or
 * for the end of what this user may use of it; any other as it is.
 */
export function orDiskFull(error: unknown, path: string): unknown {
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  return isFull ? new AppError('disk-full', { path }, { cause: error }) : error;
}
