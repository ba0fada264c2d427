/** With what the listeners of one data plane end TLS: which certificate answers to which name. */
import { underWildcard } from '../../core/server-names.ts';
import type { ClientHello } from '../../net/client-hello.ts';
import type { TlsProfile, TlsProfileOptions } from '../../net/tls.ts';
import type { TlsCertificate, TlsIdentity, TlsMaterial } from '../shared/tls-material.ts';

/** Made at first use; those that nobody has asked for longest go first. Each takes some 37 KiB. */
const MOST_PROFILES = 4096;
/** What a key is called in the tickets that were made with it. */
const KEY_NAME_BYTES = 16;

export interface TlsListenersOptions {
  createProfile(options: TlsProfileOptions): TlsProfile;
  handshakeTimeoutMs(): number;
}

export class TlsListeners {
  readonly #listeners = new Map<string, ListenerNames>();
  readonly #profiles: Profiles;

  constructor(options: TlsListenersOptions) {
    this.#profiles = new Profiles(options);
  }

  /** What all listeners have from now on. Connections stay with what they began with, equal profiles stay as they are. */
  apply(materials: readonly TlsMaterial[]): void {
    this.#profiles.keepOnly(new Set(materials.flatMap((material) => profileIdsOf(material))));
    const named = new Set(materials.map(({ listener }) => listener));
    for (const listener of this.#listeners.keys()) if (!named.has(listener)) this.#listeners.delete(listener);
    for (const material of materials) this.of(material.listener).apply(material);
  }

  /** The names of a listener; the same object as long as the listener has certificates. */
  of(listener: string): ListenerNames {
    const names = this.#listeners.get(listener) ?? new ListenerNames(this.#profiles);
    this.#listeners.set(listener, names);
    return names;
  }
}

export class ListenerNames {
  #material: TlsMaterial | null = null;
  #ticketKeys: readonly TicketKey[] = [];
  readonly #profiles: Profiles;

  constructor(profiles: Profiles) {
    this.#profiles = profiles;
  }

  apply(material: TlsMaterial): void {
    this.#material = material;
    this.#ticketKeys = material.ticketKeys.map(toTicketKey);
  }

  /** Null: the client asks for a name that is not there, and is to be refused. */
  choose({ serverName, ticketKeyName }: ClientHello, localAddress: string): TlsProfile | null {
    const material = this.#material;
    if (material === null) throw new Error('a listener has no certificates');
    const { byName, identities, unknownName } = material;
    // A client that has an address and no name is sent what was made for this address.
    const asked = serverName === '' ? localAddress : serverName;
    const place = byName.get(asked) ?? (serverName === '' ? undefined : byName.get(underWildcard(serverName)));
    if (place === undefined && (unknownName === 'refuse' || identities.length === 0)) return null;
    return this.#profiles.of(identities[place ?? 0], material, this.#keyFor(ticketKeyName));
  }

  /** A context opens the tickets of one key alone: who brings one of another key that is still good gets that one's. */
  #keyFor(name: string): TicketKey {
    const keys = this.#ticketKeys;
    return keys.find((key) => key.name === name) ?? keys[0];
  }
}

interface TicketKey {
  /** In hex, as a hello has it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

function toTicketKey(bytes: Uint8Array): TicketKey {
  return { name: Buffer.from(bytes.subarray(0, KEY_NAME_BYTES)).toString('hex'), bytes };
}

function profileIdsOf({ identities, ticketKeys }: TlsMaterial): readonly string[] {
  const keys = ticketKeys.map(toTicketKey);
  return identities.flatMap((identity) => keys.map((key) => profileId(identity, key)));
}

function profileId({ id }: TlsIdentity, key: TicketKey): string {
  return `${id} ${key.name}`;
}

class Profiles {
  readonly #options: TlsListenersOptions;
  /** By the ids of identities, with those of ticket keys; the one that was asked for last is the last. */
  readonly #profiles = new Map<string, { readonly profile: TlsProfile; readonly timeoutMs: number }>();

  constructor(options: TlsListenersOptions) {
    this.#options = options;
  }

  of(identity: TlsIdentity, material: TlsMaterial, key: TicketKey): TlsProfile {
    const id = profileId(identity, key);
    const timeoutMs = this.#options.handshakeTimeoutMs();
    const known = this.#profiles.get(id);
    this.#profiles.delete(id);
    const entry =
      known?.timeoutMs === timeoutMs ? known : { profile: this.#create(identity, material, key, timeoutMs), timeoutMs };
    this.#profiles.set(id, entry);
    if (this.#profiles.size > MOST_PROFILES) this.#forgetOldest();
    return entry.profile;
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#profiles.keys()) if (!ids.has(id)) this.#profiles.delete(id);
  }

  #create(
    { certificates }: TlsIdentity,
    { minVersion, listener, alpn }: TlsMaterial,
    ticketKey: TicketKey,
    handshakeTimeoutMs: number,
  ): TlsProfile {
    const ocsp = certificates.find((certificate) => certificate.ocsp !== null)?.ocsp ?? null;
    return this.#options.createProfile({
      certificates: certificates.map(toProfileCertificate),
      minVersion: minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      alpn,
      handshakeTimeoutMs,
      sessionScope: listener,
      ticketKeys: Buffer.from(ticketKey.bytes),
      clientPolicy: null,
      ...(ocsp === null ? {} : { ocsp: Buffer.from(ocsp) }),
    });
  }

  #forgetOldest(): void {
    for (const id of this.#profiles.keys()) {
      this.#profiles.delete(id);
      return;
    }
  }
}

function toProfileCertificate(certificate: TlsCertificate): TlsProfileOptions['certificates'][number] {
  if (certificate.kind === 'pem') return { chain: certificate.chain, key: certificate.privateKey };
  return { pkcs12: Buffer.from(certificate.bytes), passphrase: certificate.passphrase };
}
