/** A balancer with a listener that ends TLS, before an endpoint that answers with the head it was asked with. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { BalancerEvents, BalancerOptions } from '../../src/runtime/balancer.ts';
import { tempFolder } from './access-log.ts';
import { startHttpServer } from './http-server.ts';
import type { Issued } from './issued-certificates.ts';
import { runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';

export interface TlsBalancer extends RunningBalancer {
  readonly folder: string;
  readonly certificateEvents: BalancerEvents['certificate'][0][];
  readonly handshakeEvents: BalancerEvents['handshake'][0][];
  /** The text of a config with these lines of `tls`, for a reload. */
  config(tlsKeys: string): string;
}

export interface TlsBalancerOptions extends BalancerOptions {
  readonly threads?: number;
  /** Further keys of the listener. */
  readonly listener?: string;
  /** Further lines of the config. */
  readonly more?: string;
  /** What else is to be changed in its text. */
  readonly edit?: (text: string) => string;
}

/** Writes chain and key into one file of the folder; returns its path. */
export function writePair(folder: string, name: string, { cert, key }: Pick<Issued, 'cert' | 'key'>): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, cert + key, { mode: 0o600 });
  return file;
}

/** `tlsKeys`: of the listener, in YAML's flow style; a path in it may begin with the folder that it is given. */
export async function runTls(
  t: TestContext,
  tlsKeys: (folder: string) => string,
  { threads = 1, listener = '', more = '', edit = (text) => text, ...options }: TlsBalancerOptions = {},
): Promise<TlsBalancer> {
  const folder = tempFolder(t);
  const endpoint = await startHttpServer(t, (request, response) => {
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  const config = (keys: string): string => {
    const lines = [
      `threads: ${threads}`,
      `listeners: { web: { address: "127.0.0.1:0", ${listener} tls: { ${keys} } } }`,
      `pools: { web: ["127.0.0.1:${endpoint}"] }`,
      more,
    ];
    return edit(lines.join('\n'));
  };
  const certificateEvents: TlsBalancer['certificateEvents'] = [];
  const handshakeEvents: TlsBalancer['handshakeEvents'] = [];
  const running = await runBalancer(config(tlsKeys(folder)), options, (balancer) => {
    balancer.on('certificate', (event) => certificateEvents.push(event));
    balancer.on('handshake', (event) => handshakeEvents.push(event));
  });
  t.after(() => running.balancer.close({ force: true }));
  return { ...running, folder, certificateEvents, handshakeEvents, config };
}

/** What a client saw. */
export interface TlsAnswer {
  /** Common name of the certificate. */
  readonly subject: string;
  readonly version: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly alpn: string;
  readonly status: number;
  /** Headers as the endpoint got them. */
  readonly asked: Readonly<Record<string, string>>;
}

/** One request on a connection of its own. Rejects with what went wrong. Trusts whoever answers. */
export async function askTls(port: number, options: ConnectionOptions = {}): Promise<TlsAnswer> {
  const socket = await openTls(port, options);
  const answer = await requestOver(socket);
  socket.destroy();
  return answer;
}

/** A connection whose handshake is done. */
export async function openTls(port: number, options: ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
  } catch (error) {
    socket.destroy();
    throw error;
  }
  // The balancer may end before it.
  socket.on('error', () => {});
  return socket;
}

/** A request, and all of its answer. */
export async function requestOver(socket: tls.TLSSocket, host = 'test'): Promise<TlsAnswer> {
  socket.setEncoding('latin1');
  socket.write(`GET /asked HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  let text = '';
  const take = (chunk: string): void => void (text += chunk);
  socket.on('data', take);
  try {
    while (!isWhole(text)) await nextData(socket);
  } finally {
    socket.removeListener('data', take);
  }
  const [head, body] = text.split('\r\n\r\n');
  return {
    subject: (socket.getPeerX509Certificate()?.subject ?? '').replace(/^CN=/, ''),
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    isResumed: socket.isSessionReused(),
    alpn: socket.alpnProtocol === false ? '' : (socket.alpnProtocol ?? ''),
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    asked: (JSON.parse(body) as { headers: Record<string, string> }).headers,
  };
}

function isWhole(text: string): boolean {
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return length !== undefined && text.length >= text.indexOf('\r\n\r\n') + 4 + Number(length);
}

async function nextData(socket: tls.TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onData = (): void => resolve(undefined);
  const onEnd = (): void => reject(new Error('the answer was cut off'));
  socket.once('data', onData);
  socket.once('close', onEnd);
  socket.once('error', reject);
  try {
    await promise;
  } finally {
    socket.removeListener('data', onData);
    socket.removeListener('close', onEnd);
    socket.removeListener('error', reject);
  }
}

/** The listener's figures. */
export function handshakesOf({ balancer }: RunningBalancer): {
  done: number;
  failures: Readonly<Record<string, number>>;
} {
  const listener = balancer.stats().listeners.find(({ tls: figures }) => figures !== null);
  assert.ok(listener?.tls);
  return { done: listener.tls.handshakes, failures: listener.tls.handshakeFailures };
}
