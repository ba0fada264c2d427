/** Connections of checks to servers that want a PROXY header: it says that they are our own. */
import net from 'node:net';
import type { CheckSpec } from '../core/snapshot.ts';
import { dialAddress } from '../net/dial-address.ts';
import { localHeader } from '../net/proxy-protocol/wire.ts';

/** Text that a connection of this check begins with, latin1; `''`: none. */
export function introductionOf({ proxyVersion }: Pick<CheckSpec, 'proxyVersion'>): string {
  return proxyVersion === undefined ? '' : localHeader(proxyVersion);
}

/** Connects, and writes the header as soon as it can. Null: there is none to write. */
export function connectIntroduced(
  check: Pick<CheckSpec, 'proxyVersion'>,
  address: string,
  port: number,
): net.Socket | null {
  const introduction = introductionOf(check);
  if (introduction === '') return null;
  const socket = net.connect({ ...dialAddress(address, port), noDelay: true });
  socket.write(introduction, 'latin1');
  return socket;
}
