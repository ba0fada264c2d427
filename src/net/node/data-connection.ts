/** A connection over public API alone: `'data'` events, each with a fresh buffer of Node's. The fallback. */
import type net from 'node:net';
import { NodeConnection } from './connection.ts';
import { untieData } from './socket-events.ts';

export class DataConnection extends NodeConnection {
  declare readonly socket: net.Socket;

  read(chunk: Buffer): void {
    this.deliver(chunk, 0, chunk.length);
  }

  protected override startReading(): void {
    this.socket.resume();
  }

  protected override stopReading(): void {
    this.socket.pause();
  }

  protected override letGo(): net.Socket {
    untieData(this.socket);
    return this.socket;
  }

  protected override releaseBuffer(): void {
    // Node's own buffers are left to the garbage collector.
  }
}
