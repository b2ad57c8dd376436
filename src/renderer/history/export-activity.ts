// Saves the history as a file: the browser's own download in both shells.
import type { ActivityFilter, ActivityFormat } from '../../contract/activity.ts';
import type { CoreConnection } from '../core-connection.ts';

const types: Readonly<Record<ActivityFormat, string>> = {
  csv: 'text/csv;charset=utf-8',
  jsonl: 'application/jsonl',
};
/** Long enough for a download to have begun. */
const KEPT_MS = 60_000;

export async function exportActivity(
  core: CoreConnection,
  filter: ActivityFilter,
  format: ActivityFormat,
): Promise<void> {
  const parts: string[] = [];
  for (let afterSeq: number | null = 0; afterSeq !== null; ) {
    const part: { text: string; nextAfterSeq: number | null } = await core.call('activity.export', {
      ...filter,
      format,
      afterSeq,
    });
    parts.push(part.text);
    afterSeq = part.nextAfterSeq;
  }
  const url = URL.createObjectURL(new Blob(parts, { type: types[format] }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `ebrainpool-history-${new Date().toISOString().slice(0, 10)}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
