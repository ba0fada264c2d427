/** What every kind of active check is: one try at one address, and its result in words. */
import type { RescueKind } from '../core/health/evidence.ts';
import type { AnswerOutcome } from '../core/health/threshold.ts';
import type { CheckSpec } from '../core/snapshot.ts';

export interface ProbeTarget<Check extends CheckSpec = CheckSpec> {
  readonly check: Check;
  /** Numeric, or a unix socket, e.g. `unix:/run/app.sock`. */
  readonly address: string;
  /** Of a unix socket 0. */
  readonly port: number;
  /** For the Host header. */
  readonly authority: string;
}

export interface ProbeResult {
  /**
   * `void`: something of ours was missing (descriptors, local ports …), which says nothing about the endpoint; `absent`:
   * it answered that it has nothing that could be asked for its health.
   */
  readonly outcome: 'pass' | 'fail' | 'absent' | 'void';
  /** For a person: `200`, `connection refused`. */
  readonly reason: string;
  /** Nobody listens. */
  readonly isRefused: boolean;
  /** It failed without an answer; null: it answered, if badly, or the fault is ours. */
  readonly unanswered: RescueKind | null;
}

/** One that says something about the endpoint. */
export interface DecidingResult extends ProbeResult {
  readonly outcome: AnswerOutcome;
}

/** Never rejects. An aborted probe may resolve to anything: nobody listens. */
export type Probe<Check extends CheckSpec = CheckSpec> = (
  target: ProbeTarget<Check>,
  signal: AbortSignal,
) => Promise<ProbeResult>;

/** A probe for each kind of check. */
export type Probes = { readonly [Kind in CheckSpec['kind']]: Probe<Extract<CheckSpec, { readonly kind: Kind }>> };

/** Errors of ours: never the endpoint's fault. */
const OWN_ERRORS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOMEM', 'EACCES', 'ENOBUFS']);

/** Nobody listens: there is not even the file of a unix socket. */
const REFUSALS = new Set(['ECONNREFUSED', 'ENOENT']);

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such socket',
  EAGAIN: 'its backlog is full',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
};

const UNANSWERED: Readonly<Record<string, RescueKind>> = {
  ECONNREFUSED: 'connect',
  ENOENT: 'connect',
  EAGAIN: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

export function passed(reason: string): DecidingResult {
  return { outcome: 'pass', reason, isRefused: false, unanswered: null };
}

/** `unanswered`: why there was no answer, null where there was one. */
export function failed(reason: string, unanswered: RescueKind | null = null): DecidingResult {
  return { outcome: 'fail', reason, isRefused: false, unanswered };
}

/** For want of something of ours: it says nothing. */
export function voided(reason: string): ProbeResult {
  return { outcome: 'void', reason, isRefused: false, unanswered: null };
}

/** What a socket's error says about an endpoint. */
export function failedBy(error: unknown): ProbeResult {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : String(error);
  const outcome = OWN_ERRORS.has(code) ? 'void' : 'fail';
  const unanswered = UNANSWERED[code] ?? null;
  return { outcome, reason: REASONS[code] ?? text, isRefused: REFUSALS.has(code), unanswered };
}
