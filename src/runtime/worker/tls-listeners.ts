/** With what the listeners of one data plane end TLS: which certificate answers to which name. */
import { coversName, underWildcard } from '../../core/server-names.ts';
import type { ClientHello } from '../../net/client-hello.ts';
import type { TlsProfile, TlsProfileOptions } from '../../net/tls.ts';
import type { TlsCertificate, TlsClientPolicy, TlsIdentity, TlsMaterial } from '../shared/tls-material.ts';

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
    this.#profiles.keepOnly(new Set(materials.flatMap(choicesOf).map(idOf)));
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
  /** Of its policy for clients. */
  #askedNames: ReadonlySet<string> = new Set();
  #isAddressAsked = false;
  readonly #profiles: Profiles;

  constructor(profiles: Profiles) {
    this.#profiles = profiles;
  }

  apply(material: TlsMaterial): void {
    this.#material = material;
    this.#ticketKeys = material.ticketKeys.map(toTicketKey);
    this.#askedNames = new Set(material.clientPolicy?.names);
    const { byName, unknownName } = material;
    this.#isAddressAsked = unknownName === 'refuse' || [...byName.values()].some((place) => place !== 0);
  }

  /** Whether the address that a client has connected to has any say: to ask the system for it costs a call. */
  needsAddress({ serverName }: ClientHello): boolean {
    return serverName === '' && this.#isAddressAsked;
  }

  /**
   * `localAddress`: `''` where it is not needed. Null: the client asks for a name that is not there, and is to be refused.
   */
  choose({ serverName, ticketKeyName }: ClientHello, localAddress: string): TlsProfile | null {
    const material = this.#material;
    if (material === null) throw new Error('a listener has no certificates');
    const { byName, identities, unknownName, clientPolicy } = material;
    // A client that has an address and no name is sent what was made for this address.
    const asked = serverName === '' ? localAddress : serverName;
    const place = byName.get(asked) ?? (serverName === '' ? undefined : byName.get(underWildcard(serverName)));
    if (place === undefined && (unknownName === 'refuse' || identities.length === 0)) return null;
    return this.#profiles.of(material, {
      identity: identities[place ?? 0],
      key: this.#keyFor(ticketKeyName),
      policy: coversName(this.#askedNames, serverName) ? clientPolicy : null,
    });
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

/** What a client is answered with, and how it is judged. */
interface Choice {
  readonly identity: TlsIdentity;
  readonly key: TicketKey;
  readonly policy: TlsClientPolicy | null;
}

/** All that a listener has to choose from. */
function choicesOf({ identities, ticketKeys, clientPolicy }: TlsMaterial): readonly Choice[] {
  const keys = ticketKeys.map(toTicketKey);
  const policies = clientPolicy === null ? [null] : [clientPolicy, null];
  return identities.flatMap((identity) => keys.flatMap((key) => policies.map((policy) => ({ identity, key, policy }))));
}

function idOf({ identity, key, policy }: Choice): string {
  return `${identity.id} ${key.name} ${policy?.id ?? ''}`;
}

/** Without its id, which takes longer to put together than most else that a choice takes. */
function isSame(one: Choice, other: Choice): boolean {
  return one.identity === other.identity && one.key === other.key && one.policy === other.policy;
}

interface Entry {
  readonly choice: Choice;
  readonly profile: TlsProfile;
  readonly timeoutMs: number;
}

class Profiles {
  readonly #options: TlsListenersOptions;
  /** By the ids of choices; the one that was asked for last is the last. */
  readonly #profiles = new Map<string, Entry>();
  #last: Entry | null = null;

  constructor(options: TlsListenersOptions) {
    this.#options = options;
  }

  of(material: TlsMaterial, choice: Choice): TlsProfile {
    const timeoutMs = this.#options.handshakeTimeoutMs();
    const last = this.#last;
    if (last?.timeoutMs === timeoutMs && isSame(last.choice, choice)) return last.profile;
    const id = idOf(choice);
    const known = this.#profiles.get(id);
    this.#profiles.delete(id);
    const profile = known?.timeoutMs === timeoutMs ? known.profile : this.#create(choice, material, timeoutMs);
    const entry = { choice, profile, timeoutMs };
    this.#profiles.set(id, entry);
    this.#last = entry;
    if (this.#profiles.size > MOST_PROFILES) this.#forgetOldest();
    return entry.profile;
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#profiles.keys()) if (!ids.has(id)) this.#profiles.delete(id);
    this.#last = null;
  }

  #create(
    { identity: { certificates }, key, policy }: Choice,
    { minVersion, listener, alpn }: TlsMaterial,
    handshakeTimeoutMs: number,
  ): TlsProfile {
    // Of several nobody knows which one a client is about to get, and clients refuse an answer that is about another.
    const ocsp = certificates.length === 1 ? certificates[0].ocsp : null;
    return this.#options.createProfile({
      certificates: certificates.map(toProfileCertificate),
      minVersion: minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      alpn,
      handshakeTimeoutMs,
      sessionScope: listener,
      ticketKeys: Buffer.from(key.bytes),
      clientPolicy: policy && toProfilePolicy(policy),
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

function toProfilePolicy({ ca, crls, isRequired, isForwarded }: TlsClientPolicy): TlsProfileOptions['clientPolicy'] {
  return { ca, crls, isRequired, needsChain: isForwarded };
}

function toProfileCertificate(certificate: TlsCertificate): TlsProfileOptions['certificates'][number] {
  if (certificate.kind === 'pem') return { chain: certificate.chain, key: certificate.privateKey };
  return { pkcs12: Buffer.from(certificate.bytes), passphrase: certificate.passphrase };
}
