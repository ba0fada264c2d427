/**
 * What a failure is evidence of. Of several failures the strictest kind counts, since it says what has to be tested
 * before an endpoint is trusted again: that it takes connections is soon shown, that its answers are whole is not.
 */

/** Kinds, the mildest first. A kind's number in shared memory is its place here, from 1 on; 0: none. */
export const EVIDENCE = ['connect', 'timeout', 'silent', 'status', 'reset', 'protocol', 'certificate'] as const;

/**
 * - `connect`: refused, unreachable, or no connection in time;
 * - `timeout`: no answer in time, none of it for too long, or none of the request taken;
 * - `silent`: nothing at all from it, while others answer;
 * - `status`: one of the pool's `ejection.statuses`;
 * - `reset`: closed or reset before or within an answer;
 * - `protocol`: an answer that breaks a rule;
 * - `certificate`: one that is not accepted, where TLS is spoken to it.
 */
export type Evidence = (typeof EVIDENCE)[number];

/** What an attempt failed of that counts against its endpoint. */
export type BlamedFailure =
  | 'refused'
  | 'unreachable'
  | 'certificate-rejected'
  | 'tls-failed'
  | 'connect-timeout'
  | 'timeout'
  | 'write-timeout'
  | 'silent'
  | 'status'
  | 'reset'
  | 'closed'
  | 'bad-response'
  | 'unexpected-upgrade';

const KINDS: Readonly<Record<BlamedFailure, Evidence>> = {
  refused: 'connect',
  unreachable: 'connect',
  'certificate-rejected': 'certificate',
  'tls-failed': 'reset',
  'connect-timeout': 'connect',
  timeout: 'timeout',
  'write-timeout': 'timeout',
  silent: 'silent',
  status: 'status',
  reset: 'reset',
  closed: 'reset',
  'bad-response': 'protocol',
  'unexpected-upgrade': 'protocol',
};

/** What is not is no endpoint's fault. */
export function isBlamed(failure: string): failure is BlamedFailure {
  return Object.hasOwn(KINDS, failure);
}

export function evidenceOf(failure: BlamedFailure): Evidence {
  return KINDS[failure];
}

/** Whether it is down, and no outlier: nobody takes connects there. */
export function isDownBy(failure: BlamedFailure): boolean {
  return failure === 'refused' || failure === 'unreachable';
}

/** Whether whole pools have such failures in common when something behind them fails. */
export function isCommonEvidence(kind: Evidence): boolean {
  return kind === 'status' || kind === 'timeout';
}

/** The kind's number in shared memory. */
export function evidenceNumber(kind: Evidence): number {
  return EVIDENCE.indexOf(kind) + 1;
}

/** The kind with this number, null for 0. */
export function evidenceAt(number: number): Evidence | null {
  return EVIDENCE[number - 1] ?? null;
}

/** What the trial request of an endpoint has shown: `void`: nothing, since its client left or the fault was ours. */
export type TrialResult = BlamedFailure | 'passed' | 'void';

/**
 * Why attempts are to move off an endpoint. On `timeout` and `silent` it may still answer what it has; on the others
 * what was sent is lost.
 */
export type RescueKind = Extract<Evidence, 'connect' | 'timeout' | 'silent' | 'reset'>;

/** The control plane's word that attempts are to move off an endpoint. */
export interface RescueOrder {
  readonly pool: string;
  readonly slot: number;
  /** Of the endpoint in that slot. */
  readonly generation: number;
  readonly kind: RescueKind;
}
