/** What a connect to an endpoint failed of, and whether another address of it is tried. */
import { isCertificateCode } from '../net/certificate-code.ts';
import type { CloseReason } from '../net/transport.ts';

export type ConnectFailure =
  'refused' | 'unreachable' | 'reset' | 'local-resources' | 'certificate-rejected' | 'tls-failed';

/** `reason`: why a connection closed that was never established. */
export function connectFailureOf(reason: CloseReason): ConnectFailure {
  switch (reason.kind) {
    case 'refused':
      return 'refused';
    case 'ours':
      return 'local-resources';
    case 'reset':
      return 'reset';
    case 'tls':
      return isCertificateCode(reason.code) ? 'certificate-rejected' : 'tls-failed';
    default:
      return 'unreachable';
  }
}

/** The way of one connect through the addresses of its endpoint: `localhost` has two. */
export class AddressWalk {
  /** Of the address that is tried. */
  index: number;
  #tried = 1;

  /** `first`: where it begins. */
  constructor(first: number) {
    this.index = first;
  }

  /** Goes on to the next of so many addresses, where the connect failed for a reason that another one may not have. */
  next({ kind }: CloseReason, addresses: number): boolean {
    if ((kind !== 'refused' && kind !== 'unreachable') || this.#tried >= addresses) return false;
    this.#tried++;
    this.index = (this.index + 1) % addresses;
    return true;
  }
}
