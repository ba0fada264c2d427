/** In front of a mock server: takes the PROXY header off each connection, and resets those that have none. */
import net from 'node:net';
import type { Server, Socket } from 'node:net';
import { readProxyHeader } from '../net/proxy-protocol/parse.ts';
import type { ProxyHeader } from '../net/proxy-protocol/parse.ts';

/** Calls back with each connection and its header, the bytes behind it still to be read. */
export function createProxyFront(onHeader: (socket: Socket, header: ProxyHeader) => void): Server {
  return net.createServer({ noDelay: true }, (socket) => {
    let bytes = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const reading = readProxyHeader(bytes, 0, bytes.length);
      if (reading.verdict === 'open' || reading.verdict === 'more') return;
      socket.off('data', onData);
      if (reading.verdict !== 'done') {
        socket.resetAndDestroy();
        return;
      }
      // What is put back is read again in the next turn, by whoever has the socket then.
      socket.pause();
      if (bytes.length > reading.length) socket.unshift(bytes.subarray(reading.length));
      onHeader(socket, reading.header);
      process.nextTick(() => socket.resume());
    };
    socket.on('error', () => {});
    socket.on('data', onData);
  });
}
