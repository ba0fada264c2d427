/** What binds a request to an endpoint of a sticky pool. Pools that are not sticky make none. */
import { BY_ADDRESS } from '../core/balancer/by-address.ts';
import type { StickyCookie, StickyTable } from '../core/balancer/sticky-table.ts';
import { withoutCookie } from '../core/http/cookies.ts';
import { PUBLIC_SEED } from '../core/keys/half-sip-hash.ts';
import { KeySource } from '../core/keys/key-source.ts';
import { QueryName } from '../core/routing/query-name.ts';
import type { ClientConnection } from './client-connection.ts';
import type { OutgoingRequest } from './outgoing.ts';
import { requestKey } from './request-key.ts';

export interface Binding {
  readonly cookie: StickyCookie;
  /** It is of Socket.IO, and where its cookie does not say more it goes by the address of its client. */
  readonly isByAddress: boolean;
  /** It is of a session of Socket.IO: no other endpoint knows it. */
  readonly hasSession: boolean;
}

/** Engine.IO's version of the protocol: in every request of a client of Socket.IO. */
const PROTOCOL = new QueryName('EIO');
/** The session, in every request but the handshake. */
const SESSION = new QueryName('sid');
const ADDRESS = new KeySource({ parts: ['client'], missing: 'random' }, PUBLIC_SEED);

/** The endpoint does not see the cookie: it is ours. */
export function bindRequest(request: OutgoingRequest, table: StickyTable, from: ClientConnection, path: string): void {
  const { head, route } = request;
  const cookie = table.read(head.lines);
  const isByAddress = table.spec.isSocketIo && PROTOCOL.find(head.target);
  request.binding = { cookie, isByAddress, hasSession: isByAddress && SESSION.find(head.target) };
  if (cookie.isSent) request.lines = withoutCookie(head.lines, table.spec.cookie);
  if (!isByAddress) return;
  request.policy = route.pool.policyOf(BY_ADDRESS);
  request.key = requestKey(ADDRESS, request, from, path);
}

/** Whether another endpoint would not do as well: then none is asked beside the one that has it. */
export function isBound({ cookie, isByAddress }: Binding): boolean {
  return cookie.value !== '' || isByAddress;
}
