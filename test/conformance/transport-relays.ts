/**
 * Ownership, under the load it is there for: many relays forward borrowed bytes without copying them while the readers
 * behind them are stuck by turns. (An engine that reads into a buffer whose bytes still wait to leave passes every
 * other test; measured here once: 11,628 foreign bytes in 8 MiB.)
 */
import assert from 'node:assert/strict';
import type { Random } from '../../src/core/random.ts';
import type { Connection, ConnectionHandler } from '../../src/net/transport.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import type { Recorder } from './transport-recorder.ts';
import { assertSameBytes, pattern, settle, stageTest } from './transport-stage.ts';
import type { CreateTransport, Stage } from './transport-stage.ts';

/** More than the kernel takes for a reader that does not read. */
const STUCK_BYTES = 12 * 1024 * 1024;

interface RelayOptions {
  /** Whether a reader pauses as the contract asks once its bytes are lent. */
  readonly pauses: boolean;
}

/** Forwards one direction; cuts what it reads at random places, and writes the pieces in every way there is. */
class Relay implements ConnectionHandler {
  source!: Connection;
  sink!: Connection;
  other!: Relay;
  readonly #random: Random;
  readonly #options: RelayOptions;

  constructor(random: Random, options: RelayOptions) {
    this.#random = random;
    this.#options = options;
  }

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    let hasLeft = true;
    for (let at = start; at < end;) {
      const next = Math.min(end, at + Math.ceil(2 ** (this.#random.next() * 18)));
      hasLeft = this.#forward(buffer, at, next) && hasLeft;
      at = next;
    }
    if (!hasLeft && this.#options.pauses) this.source.pause();
  }

  onDrain(): void {
    // This connection's own writes have left: whoever reads for it goes on.
    this.other.source.resume();
  }

  onEnd(): void {
    this.sink.end();
  }

  onClose(): void {
    if (!this.source.hasEnded) this.sink.reset();
  }

  onFault(error: unknown): void {
    throw error;
  }

  #forward(buffer: Buffer, start: number, end: number): boolean {
    const draw = this.#random.next();
    if (draw < 0.4) return this.sink.writeBytes(buffer, start, end);
    const split = Math.min(end, start + Math.floor(this.#random.next() * 3000));
    const text = buffer.latin1Slice(start, split);
    if (draw < 0.8) return this.sink.writeHead(text, buffer, split, end);
    this.sink.cork();
    this.sink.write(text);
    this.sink.writeBytes(buffer, split, end);
    return this.sink.uncork();
  }
}

/** A listener whose connections are relayed to a port. */
async function relayTo(stage: Stage, port: number, options: RelayOptions): Promise<number> {
  const listener = await stage.transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (client) => {
    const down = new Relay(stage.net.random, options);
    const up = new Relay(stage.net.random, options);
    const upstream = stage.transport.dial({ host: '127.0.0.1', port }, up);
    Object.assign(down, { source: client, sink: upstream, other: up });
    Object.assign(up, { source: upstream, sink: client, other: down });
    return down;
  });
  stage.net.t.after(() => listener.close());
  return listener.port;
}

export function relays(name: string, create: CreateTransport): void {
  stageTest(`${name}: stuck readers get their own bytes and nobody else's`, create, async (stage) => {
    const bodies = [8 * 1024 * 1024, 3_000_000, 1_000_000, 400_000, 65_536, 20_000].map(pattern);
    const endpoint = await stage.net.listen(async (peer) => {
      const index = Number(await peer.readUntil('\n'));
      await peer.send(bodies[index]);
      peer.end();
    });
    const port = await relayTo(stage, endpoint.port, { pauses: true });
    const clients = await Promise.all(bodies.map(() => stage.net.connect(port)));
    // The first is stuck from its first byte to the end of all others, the others every now and then.
    for (const client of clients) client.stopReading();
    await Promise.all(clients.map((client, index) => client.send(`${index}\n`)));
    const others = clients.slice(1);
    const finished = Promise.all(others.map((client) => client.readAllBytes()));
    await readByTurns(others);
    for (const [index, bytes] of (await finished).entries()) assertSameBytes(bytes, bodies[index + 1]);
    clients[0].startReading();
    assertSameBytes(await clients[0].readAllBytes(), bodies[0]);
    for (const client of clients) client.end();
  });

  stageTest(`${name}: bytes flow both ways at once without mixing`, create, async (stage) => {
    const answers = [1, 2, 3, 4].map((salt) => pattern(1_000_000, salt));
    const requests = [1, 2, 3, 4].map((salt) => pattern(750_000, salt + 50));
    const heard: Promise<Buffer>[] = [];
    const endpoint = await stage.net.listen(async (peer) => {
      const index = Number(await peer.readBytes(1));
      heard[index] = peer.readAllBytes();
      await peer.send(answers[index]);
      peer.end();
    });
    const port = await relayTo(stage, endpoint.port, { pauses: true });
    const clients = await Promise.all(answers.map(() => stage.net.connect(port)));
    const all = clients.map(async (client, index) => {
      const answer = client.readAllBytes();
      await client.send(String(index));
      await client.send(requests[index]);
      client.end();
      assertSameBytes(await answer, answers[index]);
      assertSameBytes(await heard[index], requests[index]);
    });
    await Promise.all(all);
  });

  stageTest(`${name}: a reader that does not pause overwrites nothing that is lent`, create, async (stage) => {
    const bodies = [STUCK_BYTES, STUCK_BYTES + 1].map(pattern);
    const endpoint = await stage.net.listen(async (peer) => {
      await peer.send(bodies[Number(await peer.readUntil('\n'))]);
      peer.end();
    });
    const port = await relayTo(stage, endpoint.port, { pauses: false });
    const clients = await Promise.all(bodies.map(() => stage.net.connect(port)));
    for (const client of clients) client.stopReading();
    await Promise.all(clients.map((client, index) => client.send(`${index}\n`)));
    await settle();
    for (const client of clients) client.startReading();
    const received = await Promise.all(clients.map((client) => client.readAllBytes()));
    for (const [index, bytes] of received.entries()) assertSameBytes(bytes, bodies[index]);
    for (const client of clients) client.end();
  });

  stageTest(`${name}: bytes lent by a connection that has closed stay what they were`, create, async (stage) => {
    const bytes = pattern(STUCK_BYTES, 7);
    const { sink, pending, reader } = await stuckSink(stage);
    const endpoint = await stage.net.listen((peer) => peer.send(bytes));
    const source = stage.dial(endpoint.port);
    let lent = 0;
    let first: Buffer | null = null;
    source.onBorrowed = (buffer, start, end) => {
      first ??= buffer;
      lent += end - start;
      sink.connection!.writeBytes(buffer, start, end);
      // Gone in the middle of its own read, with its buffer lent: a shared first buffer is copied from, but any
      // other is lent, and then nothing more is read.
      if (buffer !== first || lent > 100_000) source.connection!.reset();
    };
    await source.until(() => lent > 0);
    // Where the first buffer was lent as well, nothing more may come before it is given back.
    for (let before = 0; before !== lent && source.reason === null; await settle()) before = lent;
    if (source.reason === null) source.connection!.reset();
    await source.closed();
    await readNoise(stage);
    reader.startReading();
    await sink.until(() => sink.drains === 1);
    sink.connection!.end();
    assertSameBytes(await reader.readAllBytes(), Buffer.concat([pending, bytes.subarray(0, lent)]));
  });

  stageTest(`${name}: bytes of a first read stay what they were while others read`, create, async (stage) => {
    const { sink, pending, reader } = await stuckSink(stage);
    const bytes = pattern(12_000, 8);
    const endpoint = await stage.net.listen((peer) => peer.send(bytes));
    const source = stage.dial(endpoint.port);
    const expected: Buffer[] = [pending];
    source.onBorrowed = (buffer, start, end) => {
      expected.push(Buffer.from('<'), Buffer.from(buffer.subarray(start, end)));
      assert.equal(sink.connection!.writeHead('<', buffer, start, end), false);
    };
    await source.until(() => source.received === bytes.length);
    await readNoise(stage);
    reader.startReading();
    await sink.until(() => sink.drains === 1);
    sink.connection!.end();
    assertSameBytes(await reader.readAllBytes(), Buffer.concat(expected));
  });

  stageTest(`${name}: a head does not overwrite what is lent in front of it`, create, async (stage) => {
    const { sink, pending, reader } = await stuckSink(stage);
    const bytes = pattern(1_000_000, 9);
    const head = '-'.repeat(2000);
    const expected: Buffer[] = [pending];
    const endpoint = await stage.net.listen((peer) => peer.send(bytes));
    const source = stage.dial(endpoint.port);
    source.onBorrowed = (buffer, start, end) => {
      const middle = (start + end) >> 1;
      expected.push(
        Buffer.from(buffer.subarray(start, middle)),
        Buffer.from(head),
        Buffer.from(buffer.subarray(middle, end)),
      );
      sink.connection!.writeBytes(buffer, start, middle);
      // Paused late, so that one of the reads that wait fills a buffer of the connection's own.
      if (!sink.connection!.writeHead(head, buffer, middle, end) && expected.length > 6) source.connection!.pause();
    };
    sink.on.drain = () => source.connection!.resume();
    await source.until(() => source.received > 0);
    await settle();
    reader.startReading();
    await source.until(() => source.received === bytes.length);
    sink.connection!.end();
    assertSameBytes(await reader.readAllBytes(), Buffer.concat(expected));
  });
}

/** Reads what would show up wherever a buffer is free that should not be. */
async function readNoise(stage: Stage): Promise<void> {
  const noise = pattern(3_000_000, 41);
  const endpoint = await stage.net.listen((peer) => peer.send(noise));
  const noisy = [1, 2, 3].map(() => stage.dial(endpoint.port));
  await Promise.all(noisy.map((recorder) => recorder.until(() => recorder.received === noise.length)));
}

/** An accepted connection whose writes wait, what waits, and who will read it. */
async function stuckSink(stage: Stage): Promise<{ sink: Recorder; pending: Buffer; reader: RawPeer }> {
  const { recorder, connection, peer } = await stage.pair('accepted');
  peer.stopReading();
  const pending = pattern(STUCK_BYTES, 40);
  assert.equal(connection.writeBytes(pending, 0, pending.length), false);
  return { sink: recorder, pending, reader: peer };
}

/** Lets one after the other read for a while. */
async function readByTurns(clients: readonly RawPeer[]): Promise<void> {
  for (let turn = 0; clients.some((client) => client.state === 'open'); turn += 1) {
    const client = clients[turn % clients.length];
    client.startReading();
    for (let loops = 0; loops < 10 && client.state === 'open'; loops += 1) await new Promise(setImmediate);
    client.stopReading();
    // A stopped socket does not tell its end.
    if (turn > 100 * clients.length) for (const each of clients) each.startReading();
  }
}
