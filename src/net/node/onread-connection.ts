/** A connection over a stream, whose reads land in buffers of ours. */
import type net from 'node:net';
import type { Tie } from './connection.ts';
import { LandingConnection } from './landing-connection.ts';
import { stopLanding } from './stream-internals.ts';

export class OnreadConnection extends LandingConnection {
  declare readonly socket: net.Socket;

  protected override letGo(_tie: Tie): net.Socket {
    stopLanding(this.socket);
    return this.socket;
  }
}
