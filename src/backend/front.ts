/** In front of a mock server: takes the PROXY header off each connection, and ends its TLS. */
import net from 'node:net';
import type { Server, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { readProxyHeader } from '../net/proxy-protocol/parse.ts';
import type { ProxyHeader } from '../net/proxy-protocol/parse.ts';
import { NoCertificate } from './self-signed.ts';
import type { ServerCertificate } from './self-signed.ts';

export interface FrontOptions {
  /** Each connection begins with a PROXY header; those that do not are reset. */
  readonly proxyProtocol: boolean;
  /** Null: no TLS. */
  readonly tls: ServerCertificate | null;
}

/** A connection as the server behind sees it. */
export interface FrontedConnection {
  /** What is read and written. */
  readonly socket: Socket;
  /** What lies below it: the same without TLS. */
  readonly raw: Socket;
  /** Null: none is asked for. */
  readonly header: ProxyHeader | null;
}

/** Calls back with each connection, the bytes behind its PROXY header still to be read. Throws `NoCertificate`. */
export function createFront(options: FrontOptions, onConnection: (connection: FrontedConnection) => void): Server {
  const secure = options.tls === null ? null : createSecurer(options.tls);
  const serve = (raw: Socket, header: ProxyHeader | null): void => {
    raw.on('error', () => {});
    if (secure !== null) return onConnection({ socket: secure(raw), raw, header });
    onConnection({ socket: raw, raw, header });
    // What was put back is read again in the next turn, by whoever has the socket then.
    process.nextTick(() => raw.resume());
  };
  return net.createServer({ noDelay: true, allowHalfOpen: true }, (raw) => {
    if (options.proxyProtocol) takeHeader(raw, serve);
    else serve(raw, null);
  });
}

/** A handshake that fails ends its connection, and nobody hears of it. */
function createSecurer(certificate: ServerCertificate): (raw: Socket) => Socket {
  const secureContext = contextOf(certificate);
  return (raw) => {
    const socket = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
    socket.on('error', () => socket.destroy());
    return socket;
  };
}

function contextOf({ cert, key }: ServerCertificate): SecureContext {
  try {
    return createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new NoCertificate(`certificate and key cannot be used${code}`, { cause: error });
  }
}

function takeHeader(raw: Socket, serve: (raw: Socket, header: ProxyHeader) => void): void {
  let bytes = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const reading = readProxyHeader(bytes, 0, bytes.length);
    if (reading.verdict === 'open' || reading.verdict === 'more') return;
    raw.off('data', onData);
    raw.off('end', onEnd);
    if (reading.verdict !== 'done') {
      raw.resetAndDestroy();
      return;
    }
    raw.pause();
    if (bytes.length > reading.length) raw.unshift(bytes.subarray(reading.length));
    serve(raw, reading.header);
  };
  const onEnd = (): void => void raw.destroy();
  raw.on('error', () => {});
  raw.on('data', onData);
  raw.on('end', onEnd);
}
