/**
 * What threads need to speak TLS. It holds private keys: it reaches threads in a message of its own, and is in no snapshot,
 * log line, figure or error.
 */
import type { ListenerTls } from '../../core/snapshot.ts';
import type { NodeEngine } from '../../net/node/transport.ts';
import type { TlsClientOptions } from '../../net/tls.ts';

/** Of all listeners that end TLS, and all pools that speak it to their endpoints. */
export interface TlsMaterials {
  /** How cleartext is read: as it was tried out on this machine. */
  readonly engine: NodeEngine;
  readonly listeners: readonly TlsMaterial[];
  readonly pools: readonly PoolTlsMaterial[];
}

export interface PoolTlsMaterial {
  /** Id of the pool. */
  readonly pool: string;
  /** Another one for every other content. */
  readonly edition: number;
  readonly client: TlsClientOptions;
}

/** Of one listener. */
export interface TlsMaterial {
  /** Id of the listener. */
  readonly listener: string;
  readonly minVersion: ListenerTls['minVersion'];
  readonly unknownName: ListenerTls['unknownName'];
  /** The protocols that are agreed on, the most wanted first; none: whatever a client names is passed over. */
  readonly alpn: readonly string[];
  /** The first is for clients that ask for no name that there is; none where other names pass, and all but those are refused. */
  readonly identities: readonly TlsIdentity[];
  /** Place among the identities of each name, in lower case, `*.` for any first label, and of each IP address. */
  readonly byName: ReadonlyMap<string, number>;
  /** Of session tickets, newest first: new ones are made with the first, the others open older ones. At least one. */
  readonly ticketKeys: readonly Uint8Array[];
  /** Null: clients are asked for no certificate. */
  readonly clientPolicy: TlsClientPolicy | null;
}

/** How clients are judged that show a certificate. */
export interface TlsClientPolicy {
  /** Of all that goes into it but its names; equal where everything is. */
  readonly id: string;
  /** PEM of the authorities, and of the lists of what they have revoked. */
  readonly ca: string;
  readonly crls: readonly string[];
  readonly isRequired: boolean;
  /** Endpoints are told of the certificate and its chain. */
  readonly isForwarded: boolean;
  /** The names that it holds for; empty: all. */
  readonly names: readonly string[];
}

/** One certificate, or several with keys of different types: what a client is answered with that asks for its name. */
export interface TlsIdentity {
  /** Of all that goes into it; equal where everything is. */
  readonly id: string;
  readonly certificates: readonly TlsCertificate[];
}

export type TlsCertificate = (
  | { readonly kind: 'pem'; readonly chain: string; readonly privateKey: string }
  | { readonly kind: 'pkcs12'; readonly bytes: Uint8Array; readonly passphrase: string }
) & {
  /** Stapled as it is; null: nothing. */
  readonly ocsp: Uint8Array | null;
};
