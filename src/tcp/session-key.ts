/** What sessions that belong together have in common, as their pool's policy sees it. */
import type { KeyedRequest } from '../core/keys/key-source.ts';
import type { TcpRoute } from './tcp-host.ts';

/** What a key is made of, used for one call and then for the next. Of a request there is nothing. */
class Keyed implements KeyedRequest {
  client = '';
  peer = '';
  listener = '';
  readonly route = '';
  readonly host = '';
  readonly path = '';
  readonly target = '';
  readonly lines = '';
}

const keyed = new Keyed();

/** 0 where the policy does not go by keys. `client`: its address. */
export function sessionKey({ key, listener }: Pick<TcpRoute, 'key' | 'listener'>, client: string): number {
  if (key === null) return 0;
  keyed.client = client;
  keyed.peer = client;
  keyed.listener = listener.id;
  key.read(keyed);
  return key.first;
}
