/** The checks of a pool as they are run: in one that speaks TLS, what asks for an answer of HTTP speaks it as requests do. */
import type { CheckSpec, HttpsCheckSpec, PoolSpec } from '../core/snapshot.ts';
import type { TlsClientOptions } from '../net/tls.ts';

/** What a check shares with the requests of its pool. */
export interface AsRequests {
  readonly client: TlsClientOptions;
  /** What is asked for, and has to be in the certificate; `''`: the host of the check, else the endpoint's own. */
  readonly name: string;
}

interface PoolCheckSpec extends HttpsCheckSpec {
  readonly asRequests: AsRequests;
}

/** `client`: what the pool speaks TLS with, null: it does not. */
export function checksOf(
  { checks, tls }: Pick<PoolSpec, 'checks' | 'tls'>,
  client: TlsClientOptions | null,
): readonly CheckSpec[] {
  if (tls === null || client === null) return checks;
  const { ca, verify, name } = tls;
  return checks.map((check): CheckSpec => {
    if (check.kind !== 'http') return check;
    const asked: PoolCheckSpec = { ...check, kind: 'https', ca, verify, asRequests: { client, name } };
    return asked;
  });
}

/** Null: it is a check of its own. */
export function asRequests(check: HttpsCheckSpec): AsRequests | null {
  return 'asRequests' in check ? (check as PoolCheckSpec).asRequests : null;
}
