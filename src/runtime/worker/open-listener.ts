/** A listener as one data plane has it: its settings now, and the listening sockets that this thread accepts on. */
import type { ListenerSpec } from '../../core/snapshot.ts';
import type { Connection, ConnectionHandler, Listener } from '../../net/transport.ts';

/** Returns who hears of an accepted connection. */
export type Accept = (connection: Connection) => ConnectionHandler;

export class OpenListener {
  spec: ListenerSpec;
  /** What a new connection is given to; changes with the listener's settings. */
  accept: Accept;
  /** None where another thread accepts; several after an inheritance from a neighbour. */
  sockets: Listener[] = [];
  /** Connections that have come in by it. */
  accepted = 0;

  constructor(spec: ListenerSpec, accept: Accept) {
    this.spec = spec;
    this.accept = accept;
  }

  /** Some of its sockets cannot go to another thread. */
  get isFixed(): boolean {
    return this.sockets.some(({ canMove }) => !canMove);
  }

  /** Takes sockets out that another thread can have: all but `keep`, at most `most`. */
  take(keep: number, most: number): Listener[] {
    const movable = this.sockets.filter(({ canMove }) => canMove);
    const taken = movable.slice(movable.length - Math.max(0, Math.min(most, movable.length - keep)));
    this.sockets = this.sockets.filter((socket) => !taken.includes(socket));
    return taken;
  }
}
