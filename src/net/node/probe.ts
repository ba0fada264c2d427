/** Tests on a connection of our own whether this Node still lets reads land in our buffers, and picks the engine. */
import { Buffer } from 'node:buffer';
import type { CloseReason, Connection, ConnectionHandler } from '../transport.ts';
import { readBufferOf } from './read-buffers.ts';
import { createNodeTransport } from './transport.ts';
import type { NodeEngine } from './transport.ts';

/** Enough to move a connection to a buffer of its own, and to make writes wait. */
export const PROBE_BYTES = 1024 * 1024;
export const PROBE_MS = 2000;

/**
 * The engine to use: `onread` where a loopback connection reads, pauses, changes buffers and ends as it should within
 * two seconds, else `data`. Opens one listening socket on 127.0.0.1 for that time.
 */
export async function chooseEngine(): Promise<NodeEngine> {
  try {
    return (await probeOnread()) ? 'onread' : 'data';
  } catch {
    return 'data';
  }
}

async function probeOnread(): Promise<boolean> {
  const transport = createNodeTransport({ engine: 'onread', onFault: () => {} });
  if (!transport.name.includes('onread')) return false;
  const sent = Buffer.alloc(PROBE_BYTES, 'fairlead');
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (peer) => new Echo(peer));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timeout = setTimeout(resolve, PROBE_MS, false);
  const receiver = new Receiver(sent, resolve);
  const connection = transport.dial({ host: '127.0.0.1', port: listener.port }, receiver);
  connection.writeBytes(sent, 0, sent.length);
  connection.end();
  const isSound = await promise;
  clearTimeout(timeout);
  connection.close();
  await listener.close();
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
