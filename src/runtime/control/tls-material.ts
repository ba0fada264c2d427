/** The certificates of a listener as threads get them: which of them answer to which name. */
import { createHash } from 'node:crypto';
import type { Certificate } from '../../certificates/certificate.ts';
import type { ClientAuthorities } from '../../certificates/client-authorities.ts';
import type { LoadedListenerFiles } from '../../certificates/listener-files.ts';
import type { ListenerTls } from '../../core/snapshot.ts';
import type { ClientCertificateSpec } from '../../core/tls-files.ts';
import type { TlsClientPolicy, TlsIdentity, TlsMaterial } from '../shared/tls-material.ts';

/**
 * `certificates`: the first answers to whoever asks for no name that there is. `ticketKeys`: none, until those of the
 * process are added, where the listener has none of its own.
 */
export function createTlsMaterial(
  listener: string,
  { minVersion, unknownName, clientCertificate }: Pick<ListenerTls, 'minVersion' | 'unknownName' | 'clientCertificate'>,
  { certificates, ticketKeys, clientAuthorities }: Omit<LoadedListenerFiles, 'findings'>,
  alpn: readonly string[],
): TlsMaterial {
  // Sessions of one listener are resumed on it alone: another may ask more of its clients.
  const identities = new Identities([listener, minVersion, ...alpn]);
  const owners = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    for (const name of [...certificate.names, ...certificate.addresses]) {
      owners.set(name, [...(owners.get(name) ?? []), certificate]);
    }
  }
  // Where there are others for its name with other types of keys, a client without a name has the choice as well.
  for (const first of certificates.slice(0, 1))
    identities.placeOf(owners.get(first.names[0] ?? first.addresses[0] ?? '') ?? [first]);
  const byName = new Map([...owners].map(([name, owned]) => [name, identities.placeOf(owned)]));
  const clientPolicy = clientCertificate && createClientPolicy(clientCertificate, clientAuthorities);
  return { listener, minVersion, unknownName, alpn, identities: identities.all, byName, ticketKeys, clientPolicy };
}

/** Never none where one is wanted: that would let everybody in. */
function createClientPolicy(
  { require: isRequired, forward: isForwarded, names }: ClientCertificateSpec,
  authorities: ClientAuthorities | null,
): TlsClientPolicy {
  if (authorities === null) throw new Error('clients are to show a certificate, and nothing is there to judge it by');
  const { ca, crls } = authorities;
  const text = JSON.stringify([ca, crls, isRequired, isForwarded]);
  return { id: createHash('sha256').update(text).digest('hex'), ca, crls, isRequired, isForwarded, names };
}

class Identities {
  readonly all: TlsIdentity[] = [];
  /** What they have in common besides their certificates. */
  readonly #common: readonly string[];
  readonly #places = new Map<string, number>();

  constructor(common: readonly string[]) {
    this.#common = common;
  }

  placeOf(certificates: readonly Certificate[]): number {
    const key = certificates.map(({ fingerprint }) => fingerprint).join(' ');
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.all.length;
    this.all.push({
      id: this.#identify(certificates),
      certificates: certificates.map(({ secrets, ocsp }) => ({ ...secrets, ocsp })),
    });
    this.#places.set(key, place);
    return place;
  }

  #identify(certificates: readonly Certificate[]): string {
    const hash = createHash('sha256').update(this.#common.join('\0'));
    for (const { secrets, ocsp } of certificates) {
      if (secrets.kind === 'pem') hash.update(secrets.chain).update(secrets.privateKey);
      else hash.update(secrets.bytes).update(secrets.passphrase);
      hash.update('\0').update(ocsp ?? '');
    }
    return hash.digest('hex');
  }
}
