/** A listener with a new address is opened under its id before the old one closes: so both names tell them apart. */
import type { ListenerSpec } from '../../core/snapshot.ts';

export type ListenerKey = string;

export function keyOf(listener: Pick<ListenerSpec, 'id' | 'host' | 'port'>): ListenerKey {
  return `${listener.id} ${addressText(listener)}`;
}

/** `127.0.0.1:8080`, `[::1]:8080`; every address is `*`. */
export function addressText({ host, port }: Pick<ListenerSpec, 'host' | 'port'>): string {
  if (host === '') return `*:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
