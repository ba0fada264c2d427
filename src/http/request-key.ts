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

/**
 * The keys of a request as each of these limits sees it: two words for each, 0 and 0 where it has no such key. None of them
 * looks at the path.
 */
export function limitKeys(
  limits: readonly { readonly source: KeySource }[],
  request: OutgoingRequest,
  { listener, facts }: ExchangeRecord,
): Int32Array {
  const keys = new Int32Array(2 * limits.length);
  keyed.peer = facts === null ? '' : facts.peer.address;
  keyed.listener = listener;
  keyed.path = '';
  limits.forEach(({ source }, index) => {
    readKey(source, request);
    keys[2 * index] = source.first;
    keys[2 * index + 1] = source.second;
  });
  return keys;
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
