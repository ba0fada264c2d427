/** A set of workers that are no threads, and reloads of it one after another, as the control plane makes them. */
import assert from 'node:assert/strict';
import { createMemoryTable } from '../../src/core/shared/memory-table.ts';
import type { Random } from '../../src/core/random.ts';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import { Listeners } from '../../src/runtime/control/listeners.ts';
import type { ListenersOptions } from '../../src/runtime/control/listeners.ts';
import type { WorkerChange } from '../../src/runtime/control/succession.ts';
import { Turns } from '../../src/runtime/control/turns.ts';
import { WorkerSet } from '../../src/runtime/control/worker-set.ts';
import { ConnectionGate } from '../../src/runtime/shared/connection-gate.ts';
import { ThreadTable, createThreadTable } from '../../src/runtime/shared/thread-table.ts';
import { testSnapshot } from './data-plane.ts';
import { FakeTime } from './fake-time.ts';
import { FakeWorkers } from './fake-workers.ts';
import { until } from './until.ts';

const SLOTS = 16;
const MOST_THREADS = SLOTS - 6;

/** None is open, but a change of them takes its time. */
class SlowListeners extends Listeners {
  readonly #random: Random;

  constructor(random: Random, options: ListenersOptions) {
    super(options);
    this.#random = random;
  }

  override async commit(...change: Parameters<Listeners['commit']>): Promise<void> {
    for (let turns = this.#random.next() * 6; turns > 0; turns--) await new Promise(setImmediate);
    await super.commit(...change);
  }
}

export class Crew {
  readonly time = new FakeTime();
  readonly fakes: FakeWorkers;
  readonly changes: WorkerChange[] = [];
  readonly set: WorkerSet;
  readonly #turns = new Turns();
  #version = 0;
  threads = 0;
  hasExhausted = false;

  constructor(random: Random, count: number) {
    this.fakes = new FakeWorkers(random);
    const handle = createThreadTable(SLOTS);
    const table = new ThreadTable(handle);
    this.set = new WorkerSet({
      count,
      mostThreads: MOST_THREADS,
      isThreaded: true,
      table,
      clock: this.time,
      scheduler: this.time,
      createLink: this.fakes.createLink,
      takeReport: (_worker, report) => assert.fail(JSON.stringify(report)),
      start: { threads: handle, memory: createMemoryTable(1), engine: 'onread', allowTestFaults: true },
      events: {
        onAtLimit: () => assert.fail('no connection is counted here'),
        onChange: (change) => this.changes.push(change),
        onSocketChange: () => assert.fail('no unix socket is listened on here'),
        onSlotLeft: () => {},
        onExhausted: () => (this.hasExhausted = true),
      },
    });
    const transport = createNodeTransport({ onFault: (error) => assert.fail(String(error)) });
    const gate = new ConnectionGate(table, () => {});
    this.set.listeners = new SlowListeners(random, {
      transport,
      gate,
      table,
      serving: () => this.set.serving,
      onSocketChange: () => assert.fail('no unix socket is listened on here'),
    });
  }

  static async start(random: Random, count: number): Promise<Crew> {
    const crew = new Crew(random, count);
    await crew.set.start();
    await crew.reload(count);
    return crew;
  }

  /** As the control plane does it: one after another. */
  reload(threads: number): Promise<void> {
    return this.#turns.take(async () => {
      const preparation = await this.set.prepare([], threads);
      const snapshot = { ...testSnapshot({ ports: [] }), version: ++this.#version, threads, listeners: [] };
      this.threads = threads;
      await this.set.commit(snapshot, [], preparation);
    });
  }

  /** As many as the config says serve, by the last snapshot, and nobody else is there. */
  async settle(): Promise<void> {
    const state = (): unknown => ({ wanted: this.threads, load: this.set.load(), changes: this.changes });
    await until(
      () =>
        this.set.serving.length === this.threads &&
        this.set.load().threads.length === this.threads &&
        this.fakes.alive.length === this.threads,
      () => JSON.stringify(state()),
      2000,
    );
    assert.ok(this.set.serving.every(({ confirmed }) => confirmed === this.#version));
    assert.equal(this.hasExhausted, false);
  }
}
