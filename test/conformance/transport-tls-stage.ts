/** What tests of TLS stand on: a listener that speaks it, raw clients and servers, and a wire that can be cut. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { TestContext } from 'node:test';
import { bestEngine, createNodeTransport } from '../../src/net/node/create-transport.ts';
import type { NodeEngine, NodeTransport } from '../../src/net/node/transport.ts';
import { createTlsProfile } from '../../src/net/node/tls-profile.ts';
import { NOBODY } from '../../src/net/nobody.ts';
import type { TlsClient, TlsFailure, TlsHandshake, TlsProfileOptions } from '../../src/net/tls.ts';
import type { DialOptions, Transport } from '../../src/net/transport.ts';
import { until } from '../support/until.ts';
import { pair } from './secured-transport.ts';
import { Recorder } from './transport-recorder.ts';

export const PROFILE: TlsProfileOptions = {
  certificates: [{ chain: pair.cert, key: pair.key }],
  minVersion: 'TLSv1.2',
  alpn: ['http/1.1'],
  handshakeTimeoutMs: 10_000,
  sessionScope: 'test',
  clientPolicy: null,
};

export function openTransport(t: TestContext, engine: NodeEngine = bestEngine): NodeTransport {
  const faults: unknown[] = [];
  t.after(() => {
    if (faults.length > 0) throw faults[0];
  });
  return createNodeTransport({ engine, onFault: (error) => faults.push(error) });
}

/** A listener whose clients speak TLS with one profile. */
export interface SecureListener {
  readonly port: number;
  readonly accepted: Recorder[];
  readonly failures: TlsFailure[];
  readonly handshakes: TlsHandshake[];
  readonly connectionCount: number;
  /** The next one whose handshake succeeds or has done so. */
  next(): Promise<Recorder>;
}

export async function listenSecurely(
  t: TestContext,
  transport: Transport,
  changes: Partial<TlsProfileOptions> = {},
): Promise<SecureListener> {
  const profile = createTlsProfile({ ...PROFILE, ...changes });
  const accepted: Recorder[] = [];
  const failures: TlsFailure[] = [];
  const handshakes: TlsHandshake[] = [];
  let taken = 0;
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (raw) => ({
    ...NOBODY,
    onBytes(buffer, start, end) {
      const held = Buffer.from(buffer.subarray(start, end));
      const handshake = transport.secure(raw, held, profile, {
        onSecured(connection) {
          const recorder = new Recorder();
          recorder.connection = connection;
          accepted.push(recorder);
          return recorder;
        },
        onFailed: (failure) => void failures.push(failure),
      });
      handshakes.push(handshake);
    },
  }));
  t.after(async () => {
    for (const { connection } of accepted) connection?.reset();
    await listener.close();
  });
  return {
    port: listener.port,
    accepted,
    failures,
    handshakes,
    get connectionCount() {
      return listener.connectionCount;
    },
    async next() {
      taken += 1;
      await until(() => accepted.length >= taken, 'a handshake succeeds');
      return accepted[taken - 1];
    },
  };
}

/** A client of Node, and the socket under it. */
export interface RawClient {
  readonly raw: net.Socket;
  readonly secure: tls.TLSSocket;
  /** What it has read. */
  readonly text: () => string;
  /** How its reading ended. */
  readonly ended: Promise<string>;
}

export async function connectSecurely(
  t: TestContext,
  port: number,
  options: tls.ConnectionOptions = {},
): Promise<RawClient> {
  const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  t.after(() => raw.destroy());
  await once(raw, 'connect');
  const secure = tls.connect({ socket: raw, ca: pair.cert, servername: 'localhost', ...options });
  let text = '';
  secure.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  secure.on('end', () => resolve('end'));
  secure.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  secure.on('close', () => resolve('close'));
  return { raw, secure, text: () => text, ended };
}

/** A server of Node; `onSocket` gets each connection whose handshake is over. Returns its port. */
export async function serveSecurely(
  t: TestContext,
  options: tls.TlsOptions,
  onSocket: (socket: tls.TLSSocket, raw: net.Socket) => void,
): Promise<number> {
  const secure = tls.createServer({ ...pair, ...options });
  const raws: net.Socket[] = [];
  secure.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    const raw = raws.find(({ remotePort }) => remotePort === socket.remotePort);
    onSocket(socket, raw as net.Socket);
  });
  return serve(t, (socket) => {
    raws.push(socket);
    secure.emit('connection', socket);
  });
}

/** A plain server. Returns its port. */
export async function serve(t: TestContext, onSocket: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

/** Dials; resolves when it is connected or has failed. */
export async function dialSecurely(
  transport: Transport,
  options: DialOptions & { readonly tls: { readonly client: TlsClient; readonly name: string } },
  prepare: (recorder: Recorder) => void = () => {},
): Promise<Recorder> {
  const recorder = new Recorder();
  prepare(recorder);
  recorder.connection = transport.dial(options, recorder);
  await recorder.until(() => recorder.events.includes('connect') || recorder.reason !== null);
  return recorder;
}

/**
 * A wire to a port that passes what comes from its clients in pieces of at most `pieceBytes`, each in a turn of its own, and
 * what comes back whole. `change` may alter what passes. Returns the port to connect to.
 */
export async function cutWire(
  t: TestContext,
  port: number,
  pieceBytes: () => number,
  change: (chunk: Buffer) => Buffer = (chunk) => chunk,
): Promise<number> {
  return serve(t, (client) => {
    const server = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    t.after(() => server.destroy());
    server.on('error', () => client.resetAndDestroy());
    client.on('error', () => server.resetAndDestroy());
    server.pipe(client);
    passInPieces(client, server, pieceBytes, change).catch(() => server.destroy());
  });
}

async function passInPieces(
  from: net.Socket,
  to: net.Socket,
  pieceBytes: () => number,
  change: (chunk: Buffer) => Buffer,
): Promise<void> {
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const bytes = change(chunk);
    for (let at = 0; at < bytes.length;) {
      const next = Math.min(bytes.length, at + Math.max(1, pieceBytes()));
      to.write(bytes.subarray(at, next));
      at = next;
      await new Promise(setImmediate);
    }
  }
  to.end();
}
