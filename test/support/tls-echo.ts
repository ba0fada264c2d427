/** A server that ends TLS itself: says its name, then whatever it hears, and ends when it hears the end. */
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import type { TlsOptions } from 'node:tls';
import type { Issued } from './issued-certificates.ts';

export interface TlsEcho {
  readonly port: number;
  /** The first bytes of each connection, as they came. */
  readonly starts: Buffer[];
}

export async function startTlsEcho(
  t: TestContext,
  name: string,
  { cert, key }: Pick<Issued, 'cert' | 'key'>,
  options: TlsOptions = {},
): Promise<TlsEcho> {
  const inner = tls.createServer({ cert, key, ...options }, (socket) => {
    socket.on('error', () => {});
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  inner.on('tlsClientError', () => {});
  const starts: Buffer[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (start: Buffer) => {
      starts.push(start);
      socket.pause();
      socket.unshift(start);
      inner.emit('connection', socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    inner.close();
  });
  return { port: (server.address() as AddressInfo).port, starts };
}
