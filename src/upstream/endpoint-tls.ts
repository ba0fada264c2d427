/** How the endpoints of a pool are spoken TLS with. */
import type { TlsClient } from '../net/tls.ts';

export interface EndpointTls {
  readonly client: TlsClient;
  /** What a connection has to be verified for that carries requests with this authority. */
  nameFor(authority: string): string;
  /** A client has chosen this name, and no endpoint of the pool has it, as far as is known. */
  isStrange(name: string): boolean;
}
