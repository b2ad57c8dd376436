// The files of the page, read once at start: what is not among them does not exist, whatever a path says.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Whether the name has a hash of the content in it. */
  readonly isImmutable: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** By path as it stands in a URL, `/` for the page itself. Null when the page was not built. */
export async function readPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile> | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const filePath = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, filePath).split(sep).map(encodeURIComponent).join('/')}`;
    files.set(path, { type, bytes: await readFile(filePath), isImmutable: path.startsWith('/assets/') });
  }
  const page = files.get('/index.html');
  if (page === undefined) return null;
  return files.set('/', page);
}
