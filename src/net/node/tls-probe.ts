/**
 * Tests on a connection of our own whether this Node lets cleartext of TLS land in our buffers. It needs no certificate:
 * both ends have the same secret (PSK).
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { systemClock } from '../../core/clock.ts';
import { Guard } from '../guard.ts';
import { LoopClock } from '../loop-clock.ts';
import { NOBODY } from '../nobody.ts';
import type { ConnectionHost } from './connection-host.ts';
import { LoopTurnCount } from './loop-turn-count.ts';
import { underlying } from './stream-internals.ts';
import { Echo, PROBE_BYTES, PROBE_MS, Receiver } from './probe.ts';
import { MAX_OWN_BUFFERS, ReadBuffers } from './read-buffers.ts';
import { SocketTable } from './socket-table.ts';
import { createTlsConnection, speakOver } from './tls-open.ts';
import type { NodeEngine } from './transport.ts';

const CIPHERS = { ciphers: 'PSK-AES128-GCM-SHA256', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** As `chooseEngine` does it for plain connections; where this fails, TLS alone is read by `data`. */
export async function chooseTlsEngine(): Promise<NodeEngine> {
  try {
    return (await probeLanding()) ? 'onread' : 'data';
  } catch {
    return 'data';
  }
}

async function probeLanding(): Promise<boolean> {
  const host = createHost();
  const psk = randomBytes(32);
  const server = tls.createServer({ ...CIPHERS, pskCallback: () => psk, allowHalfOpen: true });
  server.on('secureConnection', (socket) => {
    const connection = createTlsConnection(underlying(socket), true, NOBODY, host);
    speakOver(socket, connection, host);
    connection.handler = new Echo(connection);
    connection.begin();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timeout = setTimeout(resolve, PROBE_MS, false);
  const raw = net.connect({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port, allowHalfOpen: true });
  raw.on('error', () => resolve(false));
  const sent = Buffer.alloc(PROBE_BYTES, 'fairlead');
  const connection = createTlsConnection(raw, false, new Receiver(sent, resolve), host);
  raw.once('connect', () => {
    const pskCallback = (): tls.PSKCallbackNegotation => ({ psk, identity: 'probe' });
    const socket = tls.connect({ ...CIPHERS, socket: raw, pskCallback, checkServerIdentity: () => undefined });
    speakOver(socket, connection, host);
    socket.on('secureConnect', () => connection.onConnect());
  });
  connection.writeBytes(sent, 0, sent.length);
  connection.end();
  const isSound = await promise;
  clearTimeout(timeout);
  raw.destroy();
  server.close();
  return isSound;
}

function createHost(): ConnectionHost {
  return {
    guard: new Guard(() => {}),
    clock: new LoopClock(systemClock),
    buffers: new ReadBuffers(MAX_OWN_BUFFERS),
    sockets: new SocketTable(),
    turns: new LoopTurnCount(),
    landsTls: true,
  };
}
