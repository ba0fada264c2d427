/** Where an address of a config leads. */
import { isUnixAddress, socketPathOf } from '../core/unix-address.ts';
import type { DialAddress } from './transport.ts';

/** `host`: a numeric address, or a unix socket, which has no port. */
export function dialAddress(host: string, port: number): DialAddress {
  return isUnixAddress(host) ? { path: socketPathOf(host) } : { host, port };
}
