/** The key of a request, as its route's policy and limits see it. */
import type { KeySource, KeyedRequest } from '../core/keys/key-source.ts';
import type { ClientConnection } from './client-connection.ts';
import type { OutgoingRequest } from './outgoing.ts';
import type { ExchangeRecord } from './record.ts';

/** What a key is made of, used for one call and then for the next. */
class Keyed implements KeyedRequest {
  client = '';
  peer = '';
  listener = '';
  route = '';
  host = '';
  path = '';
  target = '';
  lines = '';
}

const keyed = new Keyed();

/** `path`: normal form. 0 where the request has no such key. */
export function requestKey(source: KeySource, request: OutgoingRequest, from: ClientConnection, path: string): number {
  keyed.peer = from.facts.peer.address;
  keyed.listener = from.listener.id;
  keyed.path = path;
  readKey(source, request);
  return source.first;
}

/** Leaves the key in `source`, for one that does not look at the path. */
export function limitKey(source: KeySource, request: OutgoingRequest, { listener, facts }: ExchangeRecord): void {
  keyed.peer = facts === null ? '' : facts.peer.address;
  keyed.listener = listener;
  keyed.path = '';
  readKey(source, request);
}

function readKey(source: KeySource, request: OutgoingRequest): void {
  const { head } = request;
  keyed.client = request.client;
  keyed.route = request.route.id;
  keyed.host = head.host;
  keyed.target = head.target;
  keyed.lines = head.lines;
  source.read(keyed);
}
