/** Listening sockets and accepted sockets that go from thread to thread, under load, without losing a connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import type { NetServerHandle } from '../../src/net/node/listener.ts';
import type { FromWorker, ToWorker, WorkerOptions } from './transport-worker.ts';

const CLIENTS = 32;

/** A serving thread, and what it has reported. */
class Thread {
  readonly name: string;
  readonly worker: Worker;
  readonly faults: string[] = [];

  constructor(t: TestContext, name: string, engine: NodeEngine) {
    this.name = name;
    this.worker = new Worker(new URL('./transport-worker.ts', import.meta.url), {
      workerData: { name, engine } satisfies WorkerOptions,
    });
    this.worker.on('message', (message: FromWorker) => {
      if (message.report === 'fault') this.faults.push(message.text);
    });
    t.after(() => this.worker.terminate());
  }

  async listen(): Promise<number> {
    this.#order({ order: 'listen', port: 0 });
    return (await this.#report('listening')).port;
  }

  async release(): Promise<NetServerHandle> {
    this.#order({ order: 'release' });
    return (await this.#report('released')).handle;
  }

  async adopt(handle: NetServerHandle): Promise<void> {
    this.#order({ order: 'adopt', handle }, [handle]);
    await this.#report('listening');
  }

  take(socket: Socket): void {
    this.#order({ order: 'socket', socket }, [socket as unknown as NetServerHandle]);
  }

  #order(message: ToWorker, transfer: NetServerHandle[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  async #report<K extends FromWorker['report']>(report: K): Promise<Extract<FromWorker, { report: K }>> {
    for (;;) {
      const [message] = (await once(this.worker, 'message')) as [FromWorker];
      if (message.report === report) return message as Extract<FromWorker, { report: K }>;
    }
  }
}

/** One request on a connection of its own; resolves with the name of the thread that answered. */
async function request(port: number): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.end('ping\n');
  await once(socket, 'close');
  assert.match(answer, /^\w ping\n$/);
  return answer[0];
}

/** Clients that come one after the other until they are told to stop; counts the answers of each thread. */
class Load {
  readonly answers = new Map<string, number>();
  readonly #clients: Promise<void>[];
  #isOver = false;
  #count = 0;

  constructor(port: number) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#run(port));
  }

  /** Resolves once so many more have been answered; rejects as soon as one was not. */
  async more(count: number): Promise<void> {
    const goal = this.#count + count;
    const reached = async (): Promise<void> => {
      while (this.#count < goal) await new Promise(setImmediate);
    };
    await Promise.race([reached(), Promise.all(this.#clients)]);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #run(port: number): Promise<void> {
    while (!this.#isOver) {
      const name = await request(port);
      this.#count += 1;
      this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
    }
  }
}

for (const engine of ['handle', 'onread', 'data'] as const) {
  const options = { timeout: 60_000 };

  test(`${engine}: a listening socket that goes back and forth under load loses no connection`, options, async (t) => {
    const [a, b] = [new Thread(t, 'a', engine), new Thread(t, 'b', engine)];
    const load = new Load(await a.listen());
    await load.more(100);
    for (let round = 0; round < 10; round += 1) {
      const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
      await to.adopt(await from.release());
      await load.more(100);
    }
    await load.stop();
    assert.deepEqual([...load.answers.keys()].sort(), ['a', 'b']);
    assert.deepEqual([...a.faults, ...b.faults], []);
  });

  test(
    `${engine}: connections wait while nobody has the listening socket, even when its thread has ended`,
    options,
    async (t) => {
      const [a, b] = [new Thread(t, 'a', engine), new Thread(t, 'b', engine)];
      const port = await a.listen();
      assert.equal(await request(port), 'a');
      const handle = await a.release();
      await a.worker.terminate();
      const waiting = Promise.all(Array.from({ length: 100 }, () => request(port)));
      await new Promise(setImmediate);
      await b.adopt(handle);
      assert.deepEqual(new Set(await waiting), new Set(['b']));
      assert.deepEqual(b.faults, []);
    },
  );

  test(
    `${engine}: accepted sockets are passed to other threads, with what the client has sent already`,
    options,
    async (t) => {
      const threads = [new Thread(t, 'a', engine), new Thread(t, 'b', engine)];
      await Promise.all(threads.map((thread) => once(thread.worker, 'online')));
      const transport = createNodeTransport({ engine, onFault: (error) => assert.fail(String(error)) });
      let passed = 0;
      const where = { host: '127.0.0.1', port: 0, reusePort: false };
      const listener = await transport.listenAndPass(where, (socket) => threads[passed++ % 2].take(socket));
      const load = new Load(listener.port);
      await load.more(1000);
      await load.stop();
      const [a, b] = ['a', 'b'].map((name) => load.answers.get(name) ?? 0);
      assert.ok(Math.abs(a - b) <= 2 * CLIENTS, `${a} and ${b}`);
      while (listener.connectionCount > 0) await new Promise(setImmediate);
      await listener.close();
      assert.deepEqual([...threads[0].faults, ...threads[1].faults], []);
    },
  );
}

test('a handle is good for one adoption', async () => {
  const transport = createNodeTransport({ onFault: (error) => assert.fail(String(error)) });
  const where = { host: '127.0.0.1', port: 0, reusePort: false };
  const accept = (): never => assert.fail('nobody connects');
  const handle = transport.release(await transport.listen(where, accept));
  const again = transport.adopt(handle, accept);
  assert.throws(() => transport.adopt(handle, accept), TypeError);
  await again.close();
  assert.throws(() => transport.release(again), /closed/);
});
