/** What every test of the transport conformance suite stands on: an engine, its connections, and raw peers of them. */
import assert from 'node:assert/strict';
import type { Connection, FaultReporter, Listener, Transport } from '../../src/net/transport.ts';
import { threeWays } from '../support/segmented-socket.ts';
import type { Ground, RawPeer, SegmentedNet, Wrapping } from '../support/segmented-socket.ts';
import { Recorder } from './transport-recorder.ts';

export interface CreateTransport {
  (onFault: FaultReporter, net: SegmentedNet): Transport;
  /** Its sockets are on this ground; there are no resets between unix sockets. Default `tcp`. */
  readonly ground?: Ground;
  /** What its peers speak over their sockets. */
  readonly wrapping?: Wrapping;
}

export type Side = 'accepted' | 'dialled';
export const SIDES: readonly Side[] = ['accepted', 'dialled'];

/** A connection of the engine and the raw socket at its other end. */
export interface Pair {
  readonly recorder: Recorder;
  readonly connection: Connection;
  readonly peer: RawPeer;
}

export class Stage {
  readonly net: SegmentedNet;
  readonly transport: Transport;
  /** What the engine reported; a test that expects faults empties it. */
  readonly faults: unknown[] = [];
  readonly #isWrapped: boolean;
  readonly #listeners: Listener[] = [];
  readonly #connections: Connection[] = [];

  constructor(net: SegmentedNet, create: CreateTransport) {
    this.net = net;
    this.#isWrapped = create.wrapping !== undefined;
    this.transport = create((error) => this.faults.push(error), net);
  }

  /** A listener on a free port. `prepare` runs inside `accept`. */
  async listen(
    prepare: (recorder: Recorder) => void = () => {},
  ): Promise<{ listener: Listener; accepted: Recorder[] }> {
    const accepted: Recorder[] = [];
    const listener = await this.transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) => {
      const recorder = this.#record(connection);
      accepted.push(recorder);
      prepare(recorder);
      return recorder;
    });
    this.#listeners.push(listener);
    return { listener, accepted };
  }

  dial(port: number, recorder: Recorder = new Recorder()): Recorder {
    const connection = this.transport.dial({ host: '127.0.0.1', port }, recorder);
    this.#connections.push(connection);
    recorder.connection = connection;
    return recorder;
  }

  async pair(side: Side, prepare: (recorder: Recorder) => void = () => {}): Promise<Pair> {
    return side === 'accepted' ? this.#acceptedPair(prepare) : this.#dialledPair(prepare);
  }

  async destroy(): Promise<void> {
    for (const connection of this.#connections) connection.reset();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  async #acceptedPair(prepare: (recorder: Recorder) => void): Promise<Pair> {
    const accepting = Promise.withResolvers<Recorder>();
    const { listener } = await this.listen((recorder) => {
      prepare(recorder);
      accepting.resolve(recorder);
    });
    const peer = await this.net.connect(listener.port);
    const recorder = await accepting.promise;
    // Its handshake has something left to write: a reset that meets that is told to that write, which is nobody's, and
    // looks like an end when it is read.
    if (this.#isWrapped) await settle();
    return { recorder, connection: recorder.connection!, peer };
  }

  async #dialledPair(prepare: (recorder: Recorder) => void): Promise<Pair> {
    const server = await this.net.listen(() => {});
    const accepting = server.nextPeer();
    const recorder = new Recorder();
    prepare(recorder);
    this.dial(server.port, recorder);
    const peer = await accepting;
    await recorder.until(() => recorder.events.length > 0);
    if (this.#isWrapped) await settle();
    return { recorder, connection: recorder.connection!, peer };
  }

  #record(connection: Connection): Recorder {
    const recorder = new Recorder();
    recorder.connection = connection;
    this.#connections.push(connection);
    return recorder;
  }
}

/** Registers a test, three ways, on a stage that must end without faults. */
export function stageTest(name: string, create: CreateTransport, body: (stage: Stage) => Promise<void>): void {
  const run = async (net: SegmentedNet): Promise<void> => {
    const stage = new Stage(net, create);
    net.t.after(() => stage.destroy());
    await body(stage);
    assert.deepEqual(stage.faults, []);
  };
  threeWays(name, run, undefined, create.ground, create.wrapping);
}

/** The same for what only TCP has: resets, ports, addresses. */
export function tcpTest(name: string, create: CreateTransport, body: (stage: Stage) => Promise<void>): void {
  if (create.ground !== 'unix') stageTest(name, create, body);
}

/** Lets everything that is under way in this thread arrive: so that what did not happen did not. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

/** Bytes that tell their place and whose they are. */
export function pattern(length: number, salt: number): Buffer {
  const words = new Int32Array(Math.ceil(length / 4));
  let state = (salt * 2654435761 + 1) >>> 0 || 1;
  for (let at = 0; at < words.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

/** Compares long bytes without printing them. */
export function assertSameBytes(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return;
  let at = 0;
  while (actual[at] === expected[at]) at += 1;
  assert.fail(`${actual.length} bytes, ${expected.length} expected; the first difference is at ${at}`);
}
