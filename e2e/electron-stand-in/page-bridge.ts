// Between a page and the main process: runs the preload in a world of its own in the page, as Electron does with
// contextIsolation, and carries its IPC and its message ports over the DevTools protocol.
import { readFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';
import { toAppUrl } from './chromium.ts';
import type { MessagePortMain } from './message-ports.ts';

export interface BridgeListener {
  onIpc(message: { channel: string; args: unknown[]; url: string; origin: string }): void;
}

export interface PageBridge {
  /** Sends to the preload's `ipcRenderer.on(channel)`; `ports` are given away. */
  send(channel: string, args: unknown[], ports: MessagePortMain[]): void;
  close(): void;
}

const WORLD = 'electron-stand-in-preload';
const BINDING = 'electronStandInSend';

interface FromWorld {
  readonly kind: 'ipc' | 'port-message' | 'port-close';
  readonly url: string;
  readonly channel: string;
  readonly args: unknown[];
  readonly port: number;
  readonly data: unknown;
}

/** Must be called before the page goes to its address. */
export async function startPageBridge(page: Page, preloadPath: string, listener: BridgeListener): Promise<PageBridge> {
  const cdp: CDPSession = await page.context().newCDPSession(page);
  const { frameTree } = await cdp.send('Page.getFrameTree');
  let world: { id: number; origin: string } | null = null;
  let nextPort = 1;
  /** Ports that the page's present document has. */
  const ports = new Map<number, MessagePortMain>();
  let outbox: unknown[] = [];

  const closePorts = () => {
    const closing = [...ports.values()];
    ports.clear();
    for (const port of closing) port.close();
  };
  /** All of one turn in one call, in order. */
  const post = (message: unknown) => {
    outbox.push(message);
    if (outbox.length > 1) return;
    queueMicrotask(() => {
      const messages = outbox;
      outbox = [];
      if (world === null) return;
      cdp
        .send('Runtime.callFunctionOn', {
          functionDeclaration: '(text) => globalThis.electronStandInReceive(text)',
          executionContextId: world.id,
          arguments: [{ value: JSON.stringify(messages.map(encode)) }],
        })
        // The document is gone and its ports with it.
        .catch(() => {});
    });
  };

  cdp.on('Runtime.executionContextCreated', ({ context }) => {
    if (context.name !== WORLD || context.auxData?.['frameId'] !== frameTree.frame.id) return;
    closePorts();
    world = { id: context.id, origin: context.origin };
  });
  const forget = () => {
    world = null;
    closePorts();
  };
  cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
    if (executionContextId === world?.id) forget();
  });
  cdp.on('Runtime.executionContextsCleared', forget);
  cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
    if (name !== BINDING || world === null || executionContextId !== world.id) return;
    const message = decode(JSON.parse(payload)) as FromWorld;
    if (message.kind === 'ipc') {
      const { channel, args } = message;
      listener.onIpc({ channel, args, url: toAppUrl(message.url), origin: toAppUrl(world.origin) });
      return;
    }
    const port = ports.get(message.port);
    if (port === undefined) return;
    if (message.kind === 'port-message') port.postMessage(message.data);
    else {
      ports.delete(message.port);
      port.close();
    }
  });
  await cdp.send('Page.enable');
  await cdp.send('Runtime.enable');
  await cdp.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD });
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: worldSource(preloadPath), worldName: WORLD });

  return {
    send: (channel, args, given) => {
      const ids = given.map((port) => {
        const id = nextPort++;
        ports.set(id, port);
        return id;
      });
      post({ kind: 'ipc', channel, args, ports: ids });
      given.forEach((port, index) => {
        const id = ids[index];
        port.transfer({
          post: (data) => post({ kind: 'port-message', port: id, data }),
          close: () => post({ kind: 'port-close', port: id }),
        });
      });
    },
    close: forget,
  };
}

/** The preload with the `require('electron')` that it sees. Only in the main frame, as in Electron. */
function worldSource(preloadPath: string): string {
  const preload = readFileSync(preloadPath, 'utf8');
  return `if (window.top === window) {
  const electron = (${worldScript.toString()})(${JSON.stringify(BINDING)});
  (function (require, exports, module) {
${preload}
  })((name) => {
    if (name !== 'electron') throw new Error('a sandboxed preload may require electron only, not ' + name);
    return electron;
  }, {}, { exports: {} });
}`;
}

/** Runs in the page: the page's half of this file. */
function worldScript(binding: string): object {
  type Bytes = Uint8Array & { toBase64(): string };
  type PagePort = {
    postMessage(data: unknown): void;
    close(): void;
    onmessage: (event: { data: unknown }) => void;
    onclose: () => void;
  };
  const global = globalThis as unknown as Record<string, (text: string) => void> & {
    location: { href: string };
    MessageChannel: new () => { port1: PagePort; port2: PagePort };
    Uint8Array: { fromBase64(text: string): Uint8Array };
  };
  const send = global[binding] as (text: string) => void;
  const ports = new Map<number, PagePort>();
  const listeners = new Map<string, ((event: object, ...args: unknown[]) => void)[]>();

  const encode = (value: unknown): unknown => {
    if (value instanceof ArrayBuffer) return { $bytes: (new Uint8Array(value) as Bytes).toBase64() };
    if (ArrayBuffer.isView(value)) {
      return { $bytes: (new Uint8Array(value.buffer, value.byteOffset, value.byteLength) as Bytes).toBase64() };
    }
    if (Array.isArray(value)) return value.map(encode);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]));
  };
  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode);
    if (typeof value !== 'object' || value === null) return value;
    const bytes = (value as { $bytes?: unknown }).$bytes;
    if (typeof bytes === 'string') return global.Uint8Array.fromBase64(bytes);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
  };
  const post = (message: object) => send(JSON.stringify(encode({ url: global.location.href, ...message })));

  const makePort = (id: number): PagePort => {
    const { port1, port2 } = new global.MessageChannel();
    port1.onmessage = ({ data }) => post({ kind: 'port-message', port: id, data });
    port1.onclose = () => {
      if (ports.delete(id)) post({ kind: 'port-close', port: id });
    };
    ports.set(id, port1);
    return port2;
  };
  (globalThis as unknown as Record<string, unknown>)['electronStandInReceive'] = (text: string) => {
    for (const message of decode(JSON.parse(text)) as {
      kind: string;
      channel: string;
      args: unknown[];
      ports: number[];
      port: number;
      data: unknown;
    }[]) {
      if (message.kind === 'port-message') ports.get(message.port)?.postMessage(message.data);
      else if (message.kind === 'port-close') {
        const port = ports.get(message.port);
        ports.delete(message.port);
        port?.close();
      } else {
        const event = { ports: message.ports.map(makePort), sender: ipcRenderer };
        for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args);
      }
    }
  };
  const ipcRenderer = {
    send: (channel: string, ...args: unknown[]) => post({ kind: 'ipc', channel, args }),
    on: (channel: string, listener: (event: object, ...args: unknown[]) => void) => {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
  };
  return { ipcRenderer };
}

function encode(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (value instanceof ArrayBuffer) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]));
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const bytes = (value as { $bytes?: unknown }).$bytes;
  if (typeof bytes === 'string') return Uint8Array.from(Buffer.from(bytes, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}
