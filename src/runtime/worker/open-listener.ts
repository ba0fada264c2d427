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

  constructor(spec: ListenerSpec, accept: Accept) {
    this.spec = spec;
    this.accept = accept;
  }

  /** Takes sockets out: all but `keep`, at most `most`. */
  take(keep: number, most: number): Listener[] {
    const count = Math.max(0, Math.min(most, this.sockets.length - keep));
    return this.sockets.splice(this.sockets.length - count, count);
  }
}
