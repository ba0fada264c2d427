/** Many records at once: who lends and pauses in the middle of a burst, and what a slow reader holds in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import type { Connection, ConnectionHandler } from '../../src/net/transport.ts';
import { until } from '../support/until.ts';
import { testClient } from './secured-transport.ts';
import { connectSecurely, listenSecurely, openTransport, serveSecurely } from './transport-tls-stage.ts';
import { Recorder } from './transport-recorder.ts';
import { assertSameBytes, pattern, settle } from './transport-stage.ts';

const BURST = 64 * 1024;

/** Lends what it reads to a sink, and pauses after some of its reads whether or not it has to. */
class Lender implements ConnectionHandler {
  source!: Connection;
  readonly #sink: Connection;
  readonly #mayPause: () => boolean;
  hasEnded = false;

  constructor(sink: Connection, mayPause: () => boolean) {
    this.#sink = sink;
    this.#mayPause = mayPause;
  }

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    const hasLeft = this.#sink.writeBytes(buffer, start, end);
    if (!hasLeft || this.#mayPause()) this.source.pause();
    if (hasLeft) setImmediate(() => this.source.resume());
  }

  onDrain(): void {}

  onEnd(): void {
    this.hasEnded = true;
    this.#sink.end();
  }

  onClose(): void {}

  onFault(error: unknown): void {
    throw error;
  }
}

for (const engine of ['onread', 'data'] as NodeEngine[]) {
  test(`${engine}: lenders whose bursts interleave, and who pause within them, hand on their own bytes`, async (t) => {
    const random = createSeededRandom(7);
    const transport = openTransport(t, engine);
    const bodies = Array.from({ length: 8 }, (_, index) => pattern(20 * BURST + index, index + 1));
    const endpoint = await serveSecurely(t, {}, (socket) => {
      socket.once('data', (which: Buffer) => {
        const body = bodies[Number(which.toString())];
        const send = (at: number): void => {
          if (at >= body.length) socket.end();
          else socket.write(body.subarray(at, at + BURST), () => setImmediate(send, at + BURST));
        };
        send(0);
      });
    });
    const { port, next, accepted } = await listenSecurely(t, transport);
    const client = testClient();
    const received = bodies.map(async (body, index) => {
      const reader = await connectSecurely(t, port);
      if (index % 2 === 0) reader.secure.pause();
      await next();
      const isOurs = ({ connection }: Recorder): boolean => connection!.remotePort === reader.raw.localPort;
      await until(() => accepted.some(isOurs), 'the handshake is over');
      const sink = accepted.find(isOurs) as Recorder;
      const lender = new Lender(sink.connection!, () => random.next() < 0.5);
      sink.on.drain = () => lender.source.resume();
      const tls = { client, name: 'localhost' };
      lender.source = transport.dial({ host: '127.0.0.1', port: endpoint, tls }, lender);
      lender.source.write(String(index));
      await settle();
      reader.secure.resume();
      await until(() => reader.text().length === body.length, `all of body ${index}`);
      assertSameBytes(Buffer.from(reader.text(), 'latin1'), body);
      lender.source.reset();
    });
    await Promise.all(received);
  });
}

test('of a reader that takes nothing one write and what is lent are in memory, however much is written', async (t) => {
  const transport = openTransport(t);
  const { port, next } = await listenSecurely(t, transport);
  const reader = await connectSecurely(t, port);
  reader.secure.pause();
  const { connection } = await next();
  const huge = pattern((256 * 1024 * 1024) >> 2, 3);
  const before = process.memoryUsage().rss;
  assert.equal(connection!.writeBytes(huge, 0, huge.length), false);
  await settle();
  await until(() => connection!.isBlocked, 'it waits');
  const grown = process.memoryUsage().rss - before;
  // The reader is in this process, too: it decrypts what it reads before it stops.
  assert.ok(grown < 24 * 1024 * 1024, `${grown >> 20} MiB`);
});

test('a reader that is stuck stops whoever reads for it, after one burst', async (t) => {
  const transport = openTransport(t);
  const { port, next } = await listenSecurely(t, transport);
  const reader = await connectSecurely(t, port);
  reader.secure.pause();
  const sink = await next();
  let sent = 0;
  const endpoint = await serveSecurely(t, {}, (socket) => {
    const chunk = pattern(BURST, 4);
    const send = (): void => {
      if (sent < 1000 * BURST) socket.write(chunk, () => setImmediate(send));
      sent += chunk.length;
    };
    send();
  });
  const source = new Recorder();
  source.onBorrowed = (buffer, start, end) => {
    if (!sink.connection!.writeBytes(buffer, start, end)) source.connection!.pause();
  };
  sink.on.drain = () => source.connection!.resume();
  source.connection = transport.dial(
    { host: '127.0.0.1', port: endpoint, tls: { client: testClient(), name: 'localhost' } },
    source,
  );
  await until(() => sink.connection!.isBlocked, 'the sink waits');
  await settle();
  const { received } = source;
  await settle();
  await settle();
  assert.equal(source.received, received);
  source.connection.reset();
});
