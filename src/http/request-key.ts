/** The key of a request, as its route's policy sees it. */
import type { KeySource, KeyedRequest } from '../core/keys/key-source.ts';
import type { ClientConnection } from './client-connection.ts';
import type { OutgoingRequest } from './outgoing.ts';

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
  const { head } = request;
  keyed.client = request.client;
  keyed.peer = from.facts.peer.address;
  keyed.listener = from.listener.id;
  keyed.route = request.route.id;
  keyed.host = head.host;
  keyed.path = path;
  keyed.target = head.target;
  keyed.lines = head.lines;
  source.read(keyed);
  return source.first;
}
