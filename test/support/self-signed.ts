/** A certificate that signs itself, made on the spot: no key lies in the tree, and none runs out. */
import { issueCertificate } from './issued-certificates.ts';

export interface SelfSigned {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** For these host names and IPv4 addresses, valid from yesterday on (X.509 version 3, ECDSA with SHA-256). */
export function createSelfSigned(...names: readonly string[]): SelfSigned {
  return issueCertificate({ names, commonName: 'fairlead test', isAuthority: true });
}
