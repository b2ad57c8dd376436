// The way to the running core: its socket as core.json tells it.
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Client, createClient } from '../contract/client.ts';
import { AppError } from '../contract/errors.ts';
import { createLinePort } from '../contract/line-port.ts';
import {
  type BrowserFile,
  browserFileName,
  browserFileSchema,
  type CoreFile,
  coreFileName,
  coreFileSchema,
  localRefusal,
  maxLocalLineBytes,
} from '../contract/profile.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects, and resolves when every topic is there.
 * @throws AppError `core-not-running`, `timeout`, `other-namespace`
 */
export async function connectToCore(profileDir: string): Promise<Client> {
  const file = await readCoreFile(profileDir);
  if (file === null) throw new AppError('core-not-running');
  const socket = await open(file.socketPath);
  const lost = Promise.withResolvers<never>();
  const port = createLinePort(socket, { maxLineBytes: maxLocalLineBytes });
  const client = createClient({
    ...port,
    onMessage: (listener) =>
      port.onMessage((message) => {
        if (isRefusal(message)) lost.reject(new AppError(localRefusal.params.code));
        else listener(message);
      }),
  });
  client.onClose(() => lost.reject(new AppError('core-not-running')));
  // Nobody waits for it any more once the client is ready.
  lost.promise.catch(() => {});
  const timer = setTimeout(() => lost.reject(new AppError('timeout')), CONNECT_TIMEOUT_MS);
  try {
    await Promise.race([client.ready, lost.promise]);
  } catch (error) {
    client.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return client;
}

/** `core.json`, or null when no core has written it. */
export async function readCoreFile(profileDir: string): Promise<CoreFile | null> {
  return await readParsed(join(profileDir, coreFileName), (value) => coreFileSchema.parse(value));
}

/** `browser.json`, or null when the running core has no page in the browser. */
export async function readBrowserFile(profileDir: string): Promise<BrowserFile | null> {
  return await readParsed(join(profileDir, browserFileName), (value) => browserFileSchema.parse(value));
}

async function readParsed<T>(path: string, parse: (value: unknown) => T): Promise<T | null> {
  try {
    return parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

function isRefusal(message: unknown): boolean {
  return (message as { readonly method?: unknown } | null)?.method === localRefusal.method;
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => reject(new AppError('core-not-running', {}, { cause })));
  });
}
