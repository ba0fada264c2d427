/**
 * Raw peers for socket tests, and the rule that every socket test runs three ways: what a peer sends goes out
 * whole, one byte a write, or split at random places (the seed is in the test's output; set `SEED` to repeat it).
 *
 * ```ts
 * threeWays('answers a request', async (net) => {
 *   const endpoint = await net.listen(async (peer) => {          // a scripted server, segmented as well
 *     await peer.readUntil('\r\n\r\n');
 *     await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
 *   });
 *   const client = await net.connect(port);
 *   await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
 *   const head = await client.readUntil('\r\n\r\n');             // consumed; what follows stays
 *   assert.equal(await client.readBytes(2), 'hi');
 *   client.end();
 *   assert.equal(await client.readAll(), '');                    // until the other side's FIN; rejects on RST
 *   assert.equal(await client.closed, 'fin');                    // or 'rst'
 * });
 * ```
 * Text is latin1 throughout, so one character is one byte. Everything a test opened is destroyed when it ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import type { Random } from '../../src/core/random.ts';

/** Where a test's sockets are. Unix sockets are files `PORT.sock` of one folder, and are called by numbers as well. */
export type Ground = 'tcp' | 'unix';

export type Segmentation = 'whole' | 'one byte a write' | 'split at random';

/** How a connection ended: by the peer's FIN, or by its RST (a refused connect counts as that). */
export type PeerEnd = 'fin' | 'rst';

/** Beyond this many bytes of one `send`, single bytes become pieces of a prime length, to keep tests short. */
const BYTEWISE_BYTES = 1024;
const PIECE_AFTER_BYTEWISE = 8191;

const SEGMENTATIONS: readonly Segmentation[] = ['whole', 'one byte a write', 'split at random'];

/** What a test's body works with; its clients and servers segment what they send in one way. */
export interface SegmentedNet {
  readonly segmentation: Segmentation;
  /** The seed of the random splits, for bodies that draw lots of their own. */
  readonly seed: number;
  readonly random: Random;
  /** The test's own context. */
  readonly t: TestContext;
  /** The path of the unix socket with this number. */
  pathOf(port: number): string;
  /** A number that no socket has yet. */
  takePort(): number;
  /** Connects to a port on 127.0.0.1. Rejects where nobody listens. */
  connect(port: number): Promise<RawPeer>;
  /**
   * A server on a free port; `onPeer` runs for each connection. A rejection of it fails the test, but for
   * {@link PeerEndedError}: a script may read until its peer leaves.
   */
  listen(onPeer: (peer: RawPeer) => void | Promise<void>): Promise<RawServer>;
}

export interface RawServer {
  readonly port: number;
  /** The peers accepted so far, in order. */
  readonly peers: readonly RawPeer[];
  /** The next peer that is accepted from now on. */
  nextPeer(): Promise<RawPeer>;
  /** Stops listening; open peers stay. */
  close(): Promise<void>;
}

/** Makes of each connected socket of a test one that speaks another protocol over it, TLS for instance. */
export interface Wrapping {
  client(socket: net.Socket): net.Socket;
  server(socket: net.Socket): net.Socket;
}

/** Registers `body` as three tests. */
export function threeWays(
  name: string,
  body: (sockets: SegmentedNet) => Promise<void>,
  timeoutMs = 90_000,
  ground: Ground = 'tcp',
  wrapping: Wrapping | null = null,
): void {
  for (const segmentation of SEGMENTATIONS) {
    test(`${name} (${segmentation})`, { timeout: timeoutMs }, async (t) => {
      const seed = Number(process.env['SEED'] ?? (Math.random() * 0x7fffffff) | 0);
      if (segmentation === 'split at random') t.diagnostic(`seed ${seed}`);
      const sockets = new SegmentedNetOfTest(t, segmentation, seed, ground, wrapping);
      // A hook and not `finally`: it runs for a body that hangs, too.
      t.after(() => sockets.destroy());
      await body(sockets);
      sockets.throwFailure();
    });
  }
}

class SegmentedNetOfTest implements SegmentedNet {
  readonly t: TestContext;
  readonly segmentation: Segmentation;
  readonly seed: number;
  readonly random: Random;
  readonly #sockets = new Set<net.Socket>();
  readonly #servers = new Set<net.Server>();
  #failure: { error: unknown } | null = null;
  #isOver = false;
  readonly #ground: Ground;
  readonly #wrapping: Wrapping | null;
  #folder: string | null = null;
  #ports = 0;

  constructor(t: TestContext, segmentation: Segmentation, seed: number, ground: Ground, wrapping: Wrapping | null) {
    this.t = t;
    this.#ground = ground;
    this.#wrapping = wrapping;
    this.segmentation = segmentation;
    this.seed = seed;
    this.random = createSeededRandom(seed);
  }

  pathOf(port: number): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'fairlead-sockets-'));
    return join(this.#folder, `${port}.sock`);
  }

  takePort(): number {
    return ++this.#ports;
  }

  async connect(port: number): Promise<RawPeer> {
    const to = this.#ground === 'unix' ? { path: this.pathOf(port) } : { port, host: '127.0.0.1', noDelay: true };
    const socket = net.connect({ ...to, allowHalfOpen: true });
    if (this.#wrapping === null) {
      const peer = this.#adopt(socket, socket);
      await connected(socket);
      return peer;
    }
    await connected(socket);
    return this.#adopt(this.#wrapping.client(socket), socket);
  }

  async listen(onPeer: (peer: RawPeer) => void | Promise<void>): Promise<RawServer> {
    const peers: RawPeer[] = [];
    const waiting: ((peer: RawPeer) => void)[] = [];
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const peer = this.#adopt(this.#wrapping === null ? socket : this.#wrapping.server(socket), socket);
      peers.push(peer);
      waiting.shift()?.(peer);
      Promise.resolve(onPeer(peer)).catch((error: unknown) => {
        if (!this.#isOver && !(error instanceof PeerEndedError)) this.#failure ??= { error };
        socket.destroy();
      });
    });
    this.#servers.add(server);
    const number = this.#ground === 'unix' ? this.takePort() : 0;
    const at = number === 0 ? { port: 0, host: '127.0.0.1' } : { path: this.pathOf(number) };
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...at, backlog: 1024 }, resolve);
    });
    return {
      port: number || (server.address() as net.AddressInfo).port,
      peers,
      nextPeer: () => new Promise((resolve) => waiting.push(resolve)),
      close: () => new Promise((resolve) => void server.close(() => resolve())),
    };
  }

  /** What a server's script threw. */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  destroy(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** `under`: the socket of the system. */
  #adopt(socket: net.Socket, under: net.Socket): RawPeer {
    this.#sockets.add(under);
    under.once('close', () => this.#sockets.delete(under));
    return new RawPeer(socket, under, this.segmentation, this.random);
  }
}

function connected(socket: net.Socket): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
}

/** A read that the end of the connection cut short. */
export class PeerEndedError extends Error {
  constructor(end: PeerEnd, soFar: string) {
    super(`the connection ended (${end}) with ${soFar}`);
    this.name = 'PeerEndedError';
  }
}

/** One end of a TCP connection that keeps all it received and says how the connection ended. */
export class RawPeer {
  readonly socket: net.Socket;
  readonly #under: net.Socket;
  /** Settles with the first of the peer's FIN or RST; never rejects. */
  readonly closed: Promise<PeerEnd>;
  #end: PeerEnd | 'open' = 'open';
  #resolveClosed: (end: PeerEnd) => void = () => {};
  #chunks: Buffer[] = [];
  #received = 0;
  #wake: (() => void)[] = [];
  readonly #segmentation: Segmentation;
  readonly #random: Random;

  constructor(socket: net.Socket, under: net.Socket, segmentation: Segmentation, random: Random) {
    this.socket = socket;
    this.#under = under;
    this.#segmentation = segmentation;
    this.#random = random;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd('fin'));
    socket.on('error', () => this.#onEnd('rst'));
    socket.on('close', () => this.#onEnd('rst'));
  }

  /** `open` until the peer's FIN (`fin`) or RST (`rst`) has been read. */
  get state(): PeerEnd | 'open' {
    return this.#end;
  }

  /** Bytes received since the beginning, consumed ones included. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** What has arrived and was not consumed yet. */
  get buffered(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** Sends, segmented; resolves once the kernel has taken all of it, or the connection is gone. */
  async send(data: string | Buffer): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    let at = 0;
    while (at < bytes.length && !this.socket.destroyed) {
      const next = Math.min(bytes.length, at + this.#segmentLength(at, bytes.length));
      await new Promise<void>((resolve) => this.socket.write(bytes.subarray(at, next), () => resolve()));
      if (next < bytes.length) await new Promise(setImmediate);
      at = next;
    }
  }

  /**
   * Consumes up to and including a text, or whatever length the function answers (-1: not yet; it sees all that is
   * unconsumed). Rejects when the connection ends first.
   */
  async readUntil(what: string | ((text: string) => number)): Promise<string> {
    for (;;) {
      const buffered = this.buffered;
      const length =
        typeof what === 'string'
          ? endOf(buffered.indexOf(what, 0, 'latin1'), what.length)
          : what(buffered.toString('latin1'));
      if (length >= 0) return this.#consume(length).toString('latin1');
      await this.#change(() => `${JSON.stringify(buffered.toString('latin1', 0, 500))} instead of ${String(what)}`);
    }
  }

  /** Consumes exactly that many bytes. */
  async readBytes(count: number): Promise<string> {
    let at = this.buffered.length;
    while (at < count) {
      await this.#change(() => `${at} of ${count} bytes`);
      at = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    }
    return this.#consume(count).toString('latin1');
  }

  /** Consumes everything up to the peer's FIN. Rejects on RST. */
  async readAll(): Promise<string> {
    return (await this.readAllBytes()).toString('latin1');
  }

  async readAllBytes(): Promise<Buffer> {
    while (this.#end === 'open') await this.#change(() => 'no end');
    if (this.#end === 'rst') throw new PeerEndedError('rst', JSON.stringify(this.buffered.toString('latin1', 0, 500)));
    return this.#consume(this.buffered.length);
  }

  /** Lets arriving bytes wait in the kernel: a slow reader. */
  stopReading(): void {
    this.socket.pause();
  }

  startReading(): void {
    this.socket.resume();
  }

  /** FIN; reading goes on. */
  end(): void {
    this.socket.end();
  }

  /** RST; there is none between unix sockets. */
  reset(): void {
    this.#under.resetAndDestroy();
  }

  #segmentLength(at: number, total: number): number {
    if (this.#segmentation === 'whole') return total;
    if (this.#segmentation === 'one byte a write') return at < BYTEWISE_BYTES ? 1 : PIECE_AFTER_BYTEWISE;
    return 1 + Math.floor(2 ** (this.#random.next() * Math.log2(Math.max(2, total))));
  }

  #consume(count: number): Buffer {
    const buffered = this.buffered;
    this.#chunks = count < buffered.length ? [buffered.subarray(count)] : [];
    return buffered.subarray(0, count);
  }

  async #change(soFar: () => string): Promise<void> {
    if (this.#end !== 'open') throw new PeerEndedError(this.#end, soFar());
    await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    this.#wakeAll();
  }

  #onEnd(end: PeerEnd): void {
    if (this.#end !== 'open') return;
    this.#end = end;
    this.#resolveClosed(end);
    this.#wakeAll();
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

function endOf(index: number, length: number): number {
  return index < 0 ? -1 : index + length;
}
