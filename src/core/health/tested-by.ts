import type { CheckSpec } from '../snapshot.ts';
import type { Evidence } from './evidence.ts';

/**
 * Whether a check tests what an endpoint failed of, so that its pass shows that this is over: any check a connect, one
 * that waits for an answer over HTTP also that answers come, and over TLS a certificate. None tests that answers are whole, well-formed, or good for other paths. A check on
 * another port says nothing about this one.
 */
export function isTestedBy(
  { kind, port }: Pick<CheckSpec, 'kind' | 'port'>,
  failed: Evidence,
  endpointPort: number,
): boolean {
  if (port !== 0 && port !== endpointPort) return false;
  if (failed === 'connect') return true;
  if (failed === 'certificate') return kind === 'https';
  return kind !== 'tcp' && (failed === 'silent' || failed === 'timeout');
}
