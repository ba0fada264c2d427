/** What a PROXY header says of a client's connection. */
import type { Connection, ConnectionFacts, EndAddress } from '../transport.ts';
import type { ProxiedClient } from './write.ts';

/** Where the client connected to: here, or at a proxy in front that has said so. `ends` is asked only if need be. */
export function destinationOf(facts: ConnectionFacts, ends: Pick<Connection, 'localAddress'>): EndAddress {
  return facts.proxied?.destination ?? { address: ends.localAddress, port: facts.localPort };
}

/** `uniqueId`: what we call the connection, `''`: nothing. */
export function proxiedClient(facts: ConnectionFacts, destination: EndAddress, uniqueId: string): ProxiedClient {
  const authority = facts.serverName === '' ? (facts.proxied?.authority ?? '') : facts.serverName;
  return { source: facts.peer, destination, authority, uniqueId };
}
