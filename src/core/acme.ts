/** Certificates that Fairlead gets by itself (ACME, RFC 8555): what a config says of them. */
import { isUnixAddress } from './unix-address.ts';
import type { ListenerSpec } from './snapshot.ts';

/** A listener as far as it is looked at here; `tcp` may be as it was written. */
type Way = Pick<ListenerSpec, 'host' | 'port'> & { readonly tls: object | null; readonly tcp?: unknown };

/** How an authority convinces itself that a name leads here. */
export type AcmeChallenge = 'tls-alpn-01' | 'http-01';

/** From whom certificates come. */
export interface AcmeSpec {
  /** Whom the authority may write to; `''`: nobody. */
  readonly email: string;
  /** `auto`: the first where the listener is at port 443, else the second. */
  readonly challenge: AcmeChallenge | 'auto';
  /** URL of the authority's directory. */
  readonly directory: string;
  /** File with the certificates that the directory's own is of; `''`: those of the system. */
  readonly ca: string;
}

/** Where authorities come for TLS-ALPN-01; for HTTP-01 it is 80. */
const HTTPS_PORT = 443;

/**
 * What is asked for where this listener needs a certificate. Null: no authority could get in. That plain HTTP has to be
 * at port 80 is not looked at, since something in front of the process may lead there.
 */
export function challengeFor(
  { host, port }: Way,
  listeners: readonly Way[],
  wanted: AcmeSpec['challenge'],
): AcmeChallenge | null {
  if (wanted === 'tls-alpn-01') return wanted;
  if (wanted === 'auto' && port === HTTPS_PORT && !isUnixAddress(host)) return 'tls-alpn-01';
  return listeners.some(({ tcp, tls }) => tcp === undefined && tls === null) ? 'http-01' : null;
}
