/** Much through a session of layer 4: whole to the byte, and held back where nobody reads, in constant memory. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import { bestEngine } from '../../src/net/node/create-transport.ts';
import { startPlane } from '../support/data-plane.ts';
import { layer4 } from '../support/layer4.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const PIECE = 256 * 1024;
/** What the kernel's buffers on both ways and one read of ours can hold. */
const MOST_HELD = 40 * MIB;

/** Both ends of a session. */
async function openSession(
  t: TestContext,
  engine: NodeEngine = bestEngine,
): Promise<{ readonly client: Socket; readonly endpoint: Socket }> {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const plane = await startPlane({ ports: [(server.address() as AddressInfo).port], listener: layer4(), engine });
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = net.connect({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
  const [endpoint] = await accepted;
  for (const socket of [client, endpoint]) socket.on('error', () => {});
  t.after(async () => {
    client.destroy();
    endpoint.destroy();
    server.close();
    await plane.close();
  });
  return { client, endpoint };
}

/** Bytes that are different everywhere, so that a piece in the wrong place shows. */
function pattern(from: number): Buffer {
  const bytes = Buffer.allocUnsafe(PIECE);
  for (let at = 0; at < PIECE; at += 4) bytes.writeUInt32LE(((from + at) * 2654435761) >>> 0, at);
  return bytes;
}

/** Writes `total` bytes as fast as they are taken, and ends. */
class Pouring {
  readonly hash = createHash('sha1');
  readonly #socket: Socket;
  readonly #total: number;
  written = 0;

  constructor(socket: Socket, total: number) {
    this.#socket = socket;
    this.#total = total;
    this.#more();
  }

  #more(): void {
    while (this.written < this.#total && !this.#socket.destroyed) {
      const piece = pattern(this.written);
      this.hash.update(piece);
      this.written += piece.length;
      if (!this.#socket.write(piece)) {
        this.#socket.once('drain', () => this.#more());
        return;
      }
    }
    this.#socket.end();
  }
}

async function readAll(socket: Socket): Promise<string> {
  const hash = createHash('sha1');
  // A loop over the socket itself destroys it at the peer's FIN, with what it has yet to write.
  for await (const piece of socket.iterator({ destroyOnReturn: false })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Until it is held back. */
async function stands(pouring: Pouring): Promise<void> {
  let [last, looks] = [-1, 0];
  await until(async () => {
    // On a busy machine one that writes may look as if it stood.
    looks = pouring.written === last ? looks + 1 : 0;
    last = pouring.written;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return looks >= 8;
  }, 'the writer stands');
}

// What is lent holds a reader back by itself in one engine, and not in the other.
for (const [side, engine, total] of [
  ['client', bestEngine, 256 * MIB],
  ['endpoint', bestEngine, 256 * MIB],
  ['client', 'data', 64 * MIB],
  ['endpoint', 'data', 64 * MIB],
] as const) {
  test(`where the ${side} reads nothing the other side is held back, and once it reads it gets every byte (${engine})`, async (t) => {
    const { client, endpoint } = await openSession(t, engine);
    const [reader, writer] = side === 'client' ? [client, endpoint] : [endpoint, client];
    reader.pause();
    const before = process.memoryUsage.rss();
    const pouring = new Pouring(writer, total);
    await stands(pouring);
    assert.ok(pouring.written < MOST_HELD, `${pouring.written} bytes were taken`);
    assert.ok(process.memoryUsage.rss() - before < 2 * MOST_HELD, 'memory grows by what is held');
    const hash = await readAll(reader);
    assert.equal(pouring.written, total);
    assert.equal(hash, pouring.hash.digest('hex'));
  });
}

test('nothing is read from a client while its session waits for an endpoint, and afterwards all of it arrives', async (t) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const listener = layer4({ connectMs: 60_000 });
  const plane = await startPlane({ ports: [port], listener, pool: { maxConnections: 1 } });
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const first = net.connect(plane.port, '127.0.0.1');
  const [taken] = await accepted;
  const later = once(server, 'connection') as Promise<[Socket]>;
  const client = net.connect({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
  for (const socket of [first, taken, client]) socket.on('error', () => {});
  const pouring = new Pouring(client, 32 * MIB);
  await until(() => plane.plane.connections === 2, 'it waits');
  await stands(pouring);
  assert.ok(pouring.written < 32 * MIB, `${pouring.written} bytes were taken`);
  assert.ok(plane.memory.keptBytes < MIB, `${plane.memory.keptBytes} bytes are kept`);
  first.destroy();
  taken.destroy();
  const [endpoint] = await later;
  t.after(async () => {
    client.destroy();
    endpoint.destroy();
    server.close();
    await plane.close();
  });
  assert.equal(await readAll(endpoint), pouring.hash.digest('hex'));
});

test('much passes in both directions at the same time, each whole to the byte', async (t) => {
  const { client, endpoint } = await openSession(t);
  const [up, down] = [new Pouring(client, 32 * MIB), new Pouring(endpoint, 32 * MIB)];
  const [atEndpoint, atClient] = await Promise.all([readAll(endpoint), readAll(client)]);
  assert.deepEqual([atEndpoint, atClient], [up.hash.digest('hex'), down.hash.digest('hex')]);
});
