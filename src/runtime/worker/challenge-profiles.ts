/**
 * TLS-ALPN-01 (RFC 8737): an authority that looks whether a name leads here offers `acme-tls/1` and nothing else, and is
 * shown a certificate that holds the answer. No request ever comes that way.
 */
import { CHALLENGE_PROTOCOL } from '../../net/stages/hello.ts';
import type { TlsProfile, TlsProfileOptions } from '../../net/tls.ts';
import type { Challenges } from '../shared/challenges.ts';
import type { TlsListenersOptions } from './tls-listeners.ts';

export class ChallengeProfiles {
  readonly #options: TlsListenersOptions;
  #certificates: Challenges['certificates'] = new Map();
  /** Made when they are asked for. */
  readonly #profiles = new Map<string, TlsProfile>();

  constructor(options: TlsListenersOptions) {
    this.#options = options;
  }

  /** From now on these are shown, and no others. */
  apply(certificates: Challenges['certificates']): void {
    this.#certificates = certificates;
    this.#profiles.clear();
  }

  /** Null: nobody is expected to ask for this name. */
  of(name: string): TlsProfile | null {
    const certificate = this.#certificates.get(name);
    if (certificate === undefined) return null;
    const profile = this.#profiles.get(name) ?? this.#create(certificate);
    this.#profiles.set(name, profile);
    return profile;
  }

  #create({ chain, privateKey }: { readonly chain: string; readonly privateKey: string }): TlsProfile {
    const options: TlsProfileOptions = {
      certificates: [{ chain, key: privateKey }],
      minVersion: 'TLSv1.2',
      alpn: [CHALLENGE_PROTOCOL],
      handshakeTimeoutMs: this.#options.handshakeTimeoutMs(),
      sessionScope: CHALLENGE_PROTOCOL,
      clientPolicy: null,
    };
    return this.#options.createProfile(options);
  }
}
