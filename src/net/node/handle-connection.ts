/** A connection over a handle of Node's, without a stream in between. */
import type net from 'node:net';
import { HandleSocket, MOST_COPIED } from './handle-socket.ts';
import { LandingConnection } from './landing-connection.ts';
import type { Tie } from './connection.ts';
import type { ConnectionHandler } from '../transport.ts';
import type { ConnectionHost } from './connection-host.ts';

export class HandleConnection extends LandingConnection {
  constructor(
    socket: HandleSocket,
    isConnected: boolean,
    handler: ConnectionHandler,
    host: ConnectionHost,
    onGone: (() => void) | null,
  ) {
    super(socket, isConnected, handler, host, onGone);
    socket.listener = this;
  }

  protected override writeBoth(
    text: string,
    buffer: Buffer,
    start: number,
    end: number,
    mayOverwrite: boolean,
  ): boolean {
    const { socket } = this;
    const size = end - start;
    const isCopied = text === '' && size > 0 && size <= MOST_COPIED && !this.isBlocked && this.isConnected;
    if (!isCopied || !(socket instanceof HandleSocket)) return super.writeBoth(text, buffer, start, end, mayOverwrite);
    socket.writeCopy(buffer, start, end);
    return socket.writableLength === 0 ? true : this.block();
  }

  protected override letGo(tie: Tie): net.Socket {
    const { socket } = this;
    if (!(socket instanceof HandleSocket)) throw new Error('this socket has been given away');
    const isOpen = !socket.destroyed;
    const raw = socket.giveAway();
    // Its end is heard of by the handle.
    if (!isOpen) return raw;
    this.socket = raw;
    tie(raw, this);
    return raw;
  }
}
