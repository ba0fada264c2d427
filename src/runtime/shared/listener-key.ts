/** A listener with a new address is opened under its id before the old one closes: so both names tell them apart. */
import type { ListenerSpec } from '../../core/snapshot.ts';
import { isUnixAddress } from '../../core/unix-address.ts';

export type ListenerKey = string;

export type ListenerProtocol = 'http' | 'https' | 'tcp' | 'udp';

/** What tells listeners apart: the same port of TCP and of UDP are two. */
export interface Listening extends Pick<ListenerSpec, 'id' | 'host' | 'port'> {
  readonly udp?: unknown;
}

export function keyOf(listener: Listening): ListenerKey {
  const address = addressText(listener);
  return listener.udp === undefined ? `${listener.id} ${address}` : `${listener.id} udp ${address}`;
}

/** `127.0.0.1:8080`, `[::1]:8080`; every address is `*`. A unix socket is its own text. */
export function addressText({ host, port }: Pick<ListenerSpec, 'host' | 'port'>): string {
  if (isUnixAddress(host)) return host;
  if (host === '') return `*:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What its clients come by. */
export function protocolOf({ tls, tcp, udp }: Pick<ListenerSpec, 'tls' | 'tcp' | 'udp'>): ListenerProtocol {
  if (udp !== undefined) return 'udp';
  if (tcp !== undefined) return 'tcp';
  return tls === null ? 'http' : 'https';
}

/** What a person opens: `http://127.0.0.1:8080`; of a unix socket its address. */
export function urlText(address: Pick<ListenerSpec, 'host' | 'port'>, protocol: ListenerProtocol = 'http'): string {
  return isUnixAddress(address.host) ? address.host : `${protocol}://${addressText(address)}`;
}
