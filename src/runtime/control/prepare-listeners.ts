/** The first half of a change of listeners: takes the addresses it needs, which can fail, and changes nothing. */
import type { Operation } from '../../core/operations.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { isUnixAddress } from '../../core/unix-address.ts';
import type { ServerSockets } from '../../net/node/server-sockets.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import { modeOf } from './listener-mode.ts';
import { closeResting, reserveListener } from './reserve-listener.ts';
import type { Reservation } from './reserve-listener.ts';

/** What a change of listeners of TCP needs, at hand. */
export interface PreparedListeners {
  readonly threads: number;
  readonly reservations: readonly Reservation[];
  /** Listeners that take an address over from one that goes, by the latter's key. */
  readonly heirs: ReadonlyMap<ListenerKey, ListenerSpec>;
}

export interface PrepareListenersOptions {
  /** Data-plane threads from then on. */
  readonly threads: number;
  readonly transport: ServerSockets;
  /** What is open now. */
  readonly opened: Iterable<{ readonly spec: ListenerSpec; readonly port: number }>;
}

/** Rejects with `ListenError`, and then holds no address. */
export async function prepareListeners(
  operations: readonly Operation[],
  { threads, transport, opened }: PrepareListenersOptions,
): Promise<PreparedListeners> {
  const open = [...opened];
  const leaving = leavingOf(open, operations);
  const heirs = new Map<ListenerKey, ListenerSpec>();
  const reservations: Reservation[] = [];
  try {
    for (const operation of operations) {
      if (operation.op !== 'open-listener') continue;
      const { listener } = operation;
      if (isUnixAddress(listener.host) || listener.udp !== undefined) continue;
      const predecessor = leaving.find((spec) => hasAddressOf(spec, listener));
      if (predecessor !== undefined) {
        heirs.set(keyOf(predecessor), listener);
        continue;
      }
      const mode = modeOf(listener, threads);
      const sockets = mode === 'shared' ? threads : 1;
      const isPortOurs = open.some(({ port }) => port === listener.port);
      reservations.push(await reserveListener(listener, { transport, mode, sockets, isPortOurs }));
    }
  } catch (error) {
    discardReservations(reservations);
    throw error;
  }
  return { threads, reservations, heirs };
}

export function discardReservations(reservations: readonly Reservation[]): void {
  for (const { handles } of reservations) closeResting(handles);
}

/** Those of what is open that a change closes. */
export function leavingOf(
  opened: Iterable<{ readonly spec: ListenerSpec }>,
  operations: readonly Operation[],
): readonly ListenerSpec[] {
  const closing = new Set(operations.flatMap((one) => (one.op === 'close-listener' ? [keyOf(one)] : [])));
  return [...opened].map(({ spec }) => spec).filter((spec) => closing.has(keyOf(spec)));
}

/** On the very same address. With port 0 each has its own. */
export function hasAddressOf(one: ListenerSpec, other: Pick<ListenerSpec, 'host' | 'port'>): boolean {
  return one.port !== 0 && one.port === other.port && one.host === other.host;
}
