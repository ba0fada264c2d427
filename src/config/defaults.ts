/** Every default of the config, in milliseconds and bytes; 0 means off. docs/configuration.md gives the reasons. */
import type { EjectionSpec, HeaderRules, Limits, RetrySpec, Timeouts } from '../core/snapshot.ts';

const SECOND = 1000;
const KIB = 1024;

export const DEFAULT_LISTENER = Object.freeze({ name: 'web', address: '127.0.0.1:8080' });

export const DEFAULT_TIMEOUTS: Timeouts = Object.freeze({
  connectMs: 2 * SECOND,
  requestHeadMs: 10 * SECOND,
  requestBodyIdleMs: 30 * SECOND,
  responseHeadMs: 30 * SECOND,
  responseIdleMs: 60 * SECOND,
  tunnelIdleMs: 3600 * SECOND,
  writeIdleMs: 60 * SECOND,
  // Cloud balancers in front keep 60.
  keepAliveMs: 75 * SECOND,
  // Kubernetes kills at 30.
  drainMs: 25 * SECOND,
  perTryMs: 0,
  totalMs: 0,
});

export const DEFAULT_LIMITS: Limits = Object.freeze({ headBytes: 16 * KIB, headers: 100, targetBytes: 8 * KIB });

export const DEFAULT_HEADERS: HeaderRules = Object.freeze({ via: true, forwarded: false });

export const DEFAULT_RETRY: RetrySpec = Object.freeze({
  attempts: 3,
  onConnect: true,
  onReset: true,
  replayBytes: 64 * KIB,
});

export const DEFAULT_EJECTION: EjectionSpec = Object.freeze({
  enabled: true,
  failures: 5,
  statuses: Object.freeze([502, 503, 504]),
  baseMs: 30 * SECOND,
  maxMs: 300 * SECOND,
});

export const DEFAULT_CHECK = Object.freeze({
  intervalMs: 5 * SECOND,
  fastIntervalMs: SECOND,
  timeoutMs: 2 * SECOND,
  rise: 2,
  fall: 3,
});

/** Answers that pass an HTTP check; redirects are not followed. */
export const DEFAULT_CHECK_STATUS: readonly (readonly [number, number])[] = Object.freeze([
  Object.freeze([200, 399] as const),
]);

export const DEFAULT_MAX_IDLE = 32;

/** Node, uvicorn and Apache close an idle connection at 5 s. */
export const DEFAULT_IDLE_TIMEOUT_MS = 4 * SECOND;

export const DEFAULT_UPGRADES: readonly string[] = Object.freeze(['websocket']);

export const DEFAULT_WEIGHT = 1;
