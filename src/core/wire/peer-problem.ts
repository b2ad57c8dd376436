// What a peer may make this computer say when something went wrong there.
import { AppError, type ErrorCode, type Problem } from '../../contract/errors.ts';

/** Their sentences are about the other computer and have no blanks that it could fill. */
const TOLD_BY_PEERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cancelled',
  'comparison-broken',
  'comparison-busy',
  'do-not-disturb',
  'internal',
  'network-unavailable',
  'not-allowed',
  'offer-gone',
  'offer-unsupported',
  'own-sandbox-needed',
  'peer-busy',
  'peer-container-failed',
  'peer-disk-full',
  'peer-paused',
  'peer-quit',
  'peer-refuses',
  'peer-unreachable',
  'protocol-newer',
  'protocol-older',
  'sharing-unavailable',
  'timeout',
  'too-many-comparisons',
  'too-many-requests',
  'view-unknown',
  'viewer-only',
]);

/**
 * What this computer says for a problem that a peer reported.
 * Security: no word of it is the peer's. Else a host could have this computer say, in its own voice, that something is
 * missing here and which command to run.
 */
export function problemOfPeer({ code, params }: Problem): Problem {
  if (TOLD_BY_PEERS.has(code)) return { code, params: {} };
  if (code === 'not-found') return { code, params: { what: 'It' } };
  const exitCode = params['exitCode'];
  if (code === 'program-failed' && typeof exitCode === 'number') return { code, params: { exitCode } };
  return { code: 'internal', params: {} };
}

/** The problem with the name by which this computer knows the peer, where its sentence has a blank for it. */
export function namedProblem({ code, params }: Problem, peer: string): Problem {
  return { code, params: code === 'do-not-disturb' ? { ...params, peer } : params };
}

/** `problemOfPeer` for what a call of a peer was answered with. */
export function errorOfPeer(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, params } = problemOfPeer(error.problem);
  return new AppError(code, params, { cause: error });
}
