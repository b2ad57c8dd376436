// Files of the folder Exchange over HTTP: out as a download, in as the body of a PUT. Neither is ever whole in memory.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Problem, toProblem } from '../contract/errors.ts';
import { downloadHeaders } from '../contract/exchange.ts';
import type { OpenFile } from '../core/channels/files/exchange.ts';

/** Sends a file as fast as the browser takes it. If it breaks off, the connection is cut, so that the browser does not take it for whole. */
export async function sendFile(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  name: string,
  open: () => Promise<OpenFile>,
): Promise<void> {
  let file: OpenFile;
  try {
    file = await open();
  } catch {
    // A download cannot say why it failed, so the page looks before it saves (renderer/viewer/use-files.ts).
    response.writeHead(404, { ...headers, 'Cache-Control': 'no-store' });
    response.end();
    return;
  }
  response.writeHead(200, { ...headers, ...downloadHeaders(name, file.sizeBytes) });
  // Either end may go away in the middle, and the other then ends with it.
  await pipeline(file.stream, response).catch(() => response.destroy());
}

export interface Received {
  readonly status: number;
  readonly answer: { readonly name: string } | { readonly problem: Problem };
}

/** Takes a file. When that fails, the rest is read and dropped: browsers read no answer before they have sent everything. */
export async function receiveFile(
  request: IncomingMessage,
  put: (source: AsyncIterable<Uint8Array>) => Promise<{ readonly name: string }>,
): Promise<Received> {
  try {
    return { status: 201, answer: await put(request.iterator({ destroyOnReturn: false })) };
  } catch (error) {
    request.resume();
    return { status: 409, answer: { problem: toProblem(error) } };
  }
}

/** The size of the body in bytes, where the browser says it. */
export function sizeOf(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}
