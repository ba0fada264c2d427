/** What the connections of one transport share. */
import type { Guard } from '../guard.ts';
import type { LoopClock } from '../loop-clock.ts';
import type { LoopTurnCount } from './loop-turn-count.ts';
import type { SocketTable } from './socket-table.ts';
import type { ReadBuffers } from './read-buffers.ts';

export interface ConnectionHost {
  readonly guard: Guard;
  readonly clock: LoopClock;
  readonly buffers: ReadBuffers;
  readonly sockets: SocketTable;
  readonly turns: LoopTurnCount;
  /** Cleartext of TLS lands in `buffers`; false: it comes in buffers of Node's. */
  landsTls: boolean;
}
