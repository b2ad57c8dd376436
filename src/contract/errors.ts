// Errors that a person is told about: one code each, a sentence for every code in src/messages.
import { z } from 'zod';

/** Each code has a sentence `errors.<code>` in the message catalogue; `params` fill its blanks. */
export const errorCodeSchema = z.enum([
  'bad-address',
  'bad-files',
  'bad-input',
  'cancelled',
  'comparison-broken',
  'comparison-busy',
  'container-failed',
  'core-not-running',
  'disk-full',
  'display-failed',
  'do-not-disturb',
  'exchange-full',
  'file-over-limit',
  'file-refused',
  'file-too-large',
  'fingerprint-mismatch',
  'internal',
  'key-conflict',
  'key-sealed',
  'key-store-locked',
  'missing-program',
  'mount-refused',
  'namespaces-forbidden',
  'native-needs-display',
  'network-unavailable',
  'no-home',
  'not-allowed',
  'not-found',
  'not-verified',
  'offer-gone',
  'offer-unsupported',
  'other-namespace',
  'own-sandbox-needed',
  'peer-blocked',
  'peer-busy',
  'peer-container-failed',
  'peer-disk-full',
  'peer-is-self',
  'peer-paused',
  'peer-quit',
  'peer-refuses',
  'peer-unreachable',
  'profile-unusable',
  'program-failed',
  'protocol-newer',
  'protocol-older',
  'sharing-unavailable',
  'timeout',
  'too-large',
  'too-many-comparisons',
  'too-many-requests',
  'transfer-broken',
  'view-unknown',
  'viewer-only',
]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

const MAX_PARAMS = 32;
/** Security: zod looks at every entry of a record before any limit counts, and keeps what is wrong with each. */
const fewOnly = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value).length > MAX_PARAMS ? undefined : value;

export const errorParamsSchema = z.preprocess(
  fewOnly,
  z.record(z.string().max(64), z.union([z.string().max(2000), z.number()])),
);
export type ErrorParams = Readonly<z.infer<typeof errorParamsSchema>>;

/** What travels in place of an exception, and what a topic holds where something went wrong. */
export const problemSchema = z.object({ code: errorCodeSchema, params: errorParamsSchema });
export type Problem = Readonly<z.infer<typeof problemSchema>>;

/** An error that a person is told about. Any other throw is a bug. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}, options?: { cause?: unknown }) {
    super(`${code} ${JSON.stringify(params)}`, options);
    this.code = code;
    this.params = params;
  }

  get problem(): Problem {
    return { code: this.code, params: this.params };
  }
}

/** The problem to show for anything thrown; a bug becomes `internal`. */
export function toProblem(error: unknown): Problem {
  return error instanceof AppError ? error.problem : { code: 'internal', params: {} };
}

/** Proves to the compiler that a union is exhausted. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${String(value)}`);
}
