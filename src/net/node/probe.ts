/** Tests on connections of our own which engine works on this Node as it should, and picks one. */
import { Buffer } from 'node:buffer';
import type { CloseReason, Connection, ConnectionHandler } from '../transport.ts';
import { readBufferOf } from './read-buffers.ts';
import type { NodeEngine } from './connection-engine.ts';
import { isCalledAsKnown } from './handle-check.ts';
import { loadEngine } from './load-engine.ts';
import { NodeTransport } from './transport.ts';

/** Enough to move a connection to a buffer of its own, and to make writes wait. */
export const PROBE_BYTES = 1024 * 1024;
export const PROBE_MS = 2000;

/**
 * The engine to use: the first one with which a loopback connection reads, pauses, changes buffers and ends as it should,
 * and another one has its addresses and is reset, within two seconds each, else `data`. Opens one listening socket on
 * 127.0.0.1 for that time.
 */
export async function probeEngines(): Promise<NodeEngine> {
  for (const engine of ['handle', 'onread'] as const) if (await probe(engine).catch(() => false)) return engine;
  return 'data';
}

async function probe(engine: NodeEngine): Promise<boolean> {
  if (engine === 'handle' && !isCalledAsKnown()) return false;
  const transport = new NodeTransport({ createEngine: await loadEngine(engine), onFault: () => {} });
  if (!transport.name.includes(engine)) return false;
  const sent = Buffer.alloc(PROBE_BYTES, 'fairlead');
  const accepted: Connection[] = [];
  const ports: number[] = [];
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (peer) => {
    accepted.push(peer);
    ports.push(peer.remotePort);
    return accepted.length === 1 ? new Echo(peer) : new Resetting(peer);
  });
  const dial = (handler: ConnectionHandler): Connection =>
    transport.dial({ host: '127.0.0.1', port: listener.port }, handler);
  const isSound =
    (await inTime((resolve) => {
      const connection = dial(new Receiver(sent, resolve));
      connection.writeBytes(sent, 0, sent.length);
      connection.end();
      return connection;
    })) &&
    (await inTime((resolve) => {
      const asking = new Asking(ports, listener.port, resolve);
      return (asking.connection = dial(asking));
    }));
  for (const peer of accepted) peer.close();
  await listener.close();
  return isSound;
}

async function inTime(start: (resolve: (isSound: boolean) => void) => Connection): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timeout = setTimeout(resolve, PROBE_MS, false);
  const connection = start(resolve);
  const isSound = await promise;
  clearTimeout(timeout);
  connection.close();
  return isSound;
}

/** Sends back what it reads, and pauses while it cannot. */
export class Echo implements ConnectionHandler {
  readonly #peer: Connection;

  constructor(peer: Connection) {
    this.#peer = peer;
  }

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    if (!this.#peer.writeBytes(buffer, start, end)) this.#peer.pause();
  }

  onDrain(): void {
    this.#peer.resume();
  }

  onEnd(): void {
    this.#peer.end();
  }

  onClose(): void {}

  onFault(): void {
    this.#peer.reset();
  }
}

/** Compares every byte, and whose buffers they came in. */
export class Receiver implements ConnectionHandler {
  readonly #expected: Buffer;
  readonly #resolve: (isSound: boolean) => void;
  #at = 0;
  #isOurs = true;
  #hasMoved = false;

  constructor(expected: Buffer, resolve: (isSound: boolean) => void) {
    this.#expected = expected;
    this.#resolve = resolve;
  }

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    const source = readBufferOf(buffer);
    if (source === undefined) this.#isOurs = false;
    else if (!source.isScratch) this.#hasMoved = true;
    const next = this.#at + end - start;
    if (buffer.compare(this.#expected, this.#at, next, start, end) !== 0) this.#resolve(false);
    this.#at = next;
  }

  onDrain(): void {}

  onEnd(): void {}

  onClose(reason: CloseReason): void {
    this.#resolve(reason.kind === 'end' && this.#at === this.#expected.length && this.#isOurs && this.#hasMoved);
  }

  onFault(): void {
    this.#resolve(false);
  }
}

/** Resets who has said something. */
class Resetting extends Echo {
  override onBytes(): void {
    this.onFault();
  }
}

/** Says something, and looks whether each end knows the other's address, before it is reset. */
class Asking implements ConnectionHandler {
  connection: Connection | null = null;
  /** The last one is that of this connection, as the other end sees it. */
  readonly #ports: readonly number[];
  readonly #remotePort: number;
  #localPort = 0;
  readonly #resolve: (isSound: boolean) => void;

  constructor(ports: readonly number[], remotePort: number, resolve: (isSound: boolean) => void) {
    this.#ports = ports;
    this.#remotePort = remotePort;
    this.#resolve = resolve;
  }

  onConnect(): void {
    const { connection } = this;
    if (connection?.remotePort !== this.#remotePort) this.#resolve(false);
    this.#localPort = connection?.localPort ?? 0;
    connection?.write('?');
  }

  onBytes(): void {
    this.#resolve(false);
  }

  onDrain(): void {}

  onEnd(): void {
    this.#resolve(false);
  }

  onClose(reason: CloseReason): void {
    const isKnown = this.#localPort > 0 && this.#localPort === this.#ports.at(-1);
    this.#resolve(isKnown && reason.kind === 'reset' && reason.code === 'ECONNRESET');
  }

  onFault(): void {
    this.#resolve(false);
  }
}
