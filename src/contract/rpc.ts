// JSON-RPC 2.0 (https://www.jsonrpc.org/specification) over a Port, both ways, each input checked by its schema.
import { z } from 'zod';
import { check } from './check.ts';
import { AppError, type ErrorCode, errorCodeSchema, errorParamsSchema, toProblem } from './errors.ts';
import type { Port } from './port.ts';

const idSchema = z.number().int().nonnegative();
const requestSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: idSchema,
  method: z.string().max(64),
  params: z.unknown(),
});
const notificationSchema = z.object({ jsonrpc: z.literal('2.0'), method: z.string().max(64), params: z.unknown() });
const resultSchema = z.object({ jsonrpc: z.literal('2.0'), id: idSchema, result: z.unknown() });
const failureSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: idSchema,
  error: z.object({ code: z.number().int(), message: z.string().max(2000), data: z.unknown() }),
});
const appErrorSchema = z.object({ code: errorCodeSchema, params: errorParamsSchema });

/** JSON-RPC error codes that we use: the two of the specification, and one of the server range for every AppError. */
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const APP_ERROR = -32000;

/** The most calls that one side may have under way; more are refused, so that a flood costs nothing. */
const MAX_CALLS_UNDER_WAY = 256;

export interface RpcOptions {
  /** Answers the other side's calls. Throw AppError for what it may be told; anything else reaches it as `internal`. */
  readonly onCall?: (method: string, params: unknown) => Promise<unknown>;
  /** Whether a method exists: a call of another gets "method not found". */
  readonly hasMethod?: (method: string) => boolean;
  readonly onNotification?: (method: string, params: unknown) => void;
  /** Told of throws that are bugs, and of messages that are not JSON-RPC. The port is closed after the latter. */
  readonly onBug?: (error: unknown, method: string) => void;
  readonly onMalformed?: (error: unknown) => void;
  /** What calls fail with when the port is closed: `peer-unreachable` unless told. */
  readonly closedCode?: ErrorCode;
}

export interface Rpc {
  /**
   * Calls the other side.
   * @throws AppError with the code that the other side gave; `cancelled` when the signal aborts; `closedCode` when the port closes.
   */
  call(method: string, params: unknown, signal?: AbortSignal): Promise<unknown>;
  notify(method: string, params: unknown): void;
  close(): void;
}

/** Starts speaking JSON-RPC on the port. */
export function createRpc(port: Port, options: RpcOptions): Rpc {
  const closed = () => new AppError(options.closedCode ?? 'peer-unreachable');
  let nextId = 1;
  let isClosed = false;
  let underWay = 0;
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();

  async function answer(id: number, method: string, params: unknown): Promise<void> {
    const fail = (code: number, message: string, data: unknown) =>
      port.post({ jsonrpc: '2.0', id, error: { code, message, data } });
    if (options.onCall === undefined || options.hasMethod?.(method) === false) {
      fail(METHOD_NOT_FOUND, 'method not found', {
        code: 'bad-input',
        params: { where: method, why: 'unknown method' },
      });
      return;
    }
    if (underWay >= MAX_CALLS_UNDER_WAY) {
      fail(APP_ERROR, 'too many calls', { code: 'too-many-requests', params: {} });
      return;
    }
    underWay += 1;
    try {
      const result = await options.onCall(method, params);
      if (!isClosed) port.post({ jsonrpc: '2.0', id, result: result ?? {} });
    } catch (error) {
      if (!(error instanceof AppError)) options.onBug?.(error, method);
      const problem = toProblem(error);
      if (!isClosed) fail(problem.code === 'bad-input' ? INVALID_PARAMS : APP_ERROR, problem.code, problem);
    } finally {
      underWay -= 1;
    }
  }

  port.onMessage((message) => {
    const request = check(requestSchema, message);
    if (request.success) {
      void answer(request.data.id, request.data.method, request.data.params);
      return;
    }
    const failure = check(failureSchema, message);
    if (failure.success) {
      const told = check(appErrorSchema, failure.data.error.data);
      const error = told.success ? new AppError(told.data.code, told.data.params) : new AppError('internal');
      pending.get(failure.data.id)?.reject(error);
      pending.delete(failure.data.id);
      return;
    }
    const result = check(resultSchema, message);
    if (result.success && typeof message === 'object' && message !== null && 'result' in message) {
      pending.get(result.data.id)?.resolve(result.data.result);
      pending.delete(result.data.id);
      return;
    }
    const notification = check(notificationSchema, message);
    if (notification.success) {
      options.onNotification?.(notification.data.method, notification.data.params);
      return;
    }
    options.onMalformed?.(notification.error);
    port.close();
  });

  port.onClose(() => {
    isClosed = true;
    for (const call of pending.values()) call.reject(closed());
    pending.clear();
  });

  return {
    call: (method, params, signal) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(closed());
          return;
        }
        if (signal?.aborted) {
          reject(new AppError('cancelled'));
          return;
        }
        const id = nextId++;
        const onAbort = () => {
          pending.delete(id);
          reject(new AppError('cancelled'));
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        const settle =
          <V>(then: (value: V) => void) =>
          (value: V) => {
            signal?.removeEventListener('abort', onAbort);
            then(value);
          };
        pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
        port.post({ jsonrpc: '2.0', id, method, params });
      }),
    notify: (method, params) => {
      if (!isClosed) port.post({ jsonrpc: '2.0', method, params });
    },
    close: () => port.close(),
  };
}

/**
 * Checks foreign input.
 * @throws AppError `bad-input` that names the field (`where`) and what is wrong with it (`why`).
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown, where: string): z.output<S> {
  const result = check(schema, input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [where, ...(issue?.path.map(String) ?? [])].join('.');
  throw new AppError('bad-input', { where: path.slice(0, 200), why: (issue?.message ?? 'is not valid').slice(0, 200) });
}
