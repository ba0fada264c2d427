import type { BreakerSpec, EjectionSpec } from '../core/snapshot.ts';
import { formatDuration, onOff } from './written-units.ts';

export function writeEjection(ejection: EjectionSpec): unknown {
  if (!ejection.enabled) return 'off';
  return {
    failures: ejection.failures,
    statuses: ejection.statuses,
    time: formatDuration(ejection.baseMs),
    maxTime: formatDuration(ejection.maxMs),
    silence: typeof ejection.silence === 'number' ? formatDuration(ejection.silence) : ejection.silence,
    successRate: onOff(ejection.successRate),
    maxShare: ejection.maxSharePercent === 0 ? 'auto' : `${ejection.maxSharePercent}%`,
    dryRun: onOff(ejection.dryRun),
  };
}

export function writeBreaker(breaker: BreakerSpec | null): unknown {
  if (breaker === null) return 'off';
  return {
    failures: `${breaker.failuresPercent}%`,
    window: formatDuration(breaker.windowMs),
    requests: breaker.requests,
    inARow: breaker.inARow === 0 ? 'off' : breaker.inARow,
    time: formatDuration(breaker.baseMs),
    maxTime: formatDuration(breaker.maxMs),
    probes: breaker.probes,
    failFast: onOff(breaker.failFast),
  };
}
