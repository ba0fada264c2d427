/** Reloads, replacements and deaths of workers in every order, with workers that are not threads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { createMemoryTable } from '../../core/shared/memory-table.ts';
import { FakeTime } from '../../../test/support/fake-time.ts';
import { FakeWorkers } from '../../../test/support/fake-workers.ts';
import { until } from '../../../test/support/until.ts';
import { createSeededRandom } from '../../core/random.ts';
import type { Random } from '../../core/random.ts';
import { createNodeTransport } from '../../net/node/transport.ts';
import { ConnectionGate } from '../shared/connection-gate.ts';
import { Listeners } from './listeners.ts';
import type { ListenersOptions } from './listeners.ts';
import type { WorkerChange } from './succession.ts';
import type { RestingListener } from '../shared/messages.ts';
import { ThreadTable, createThreadTable } from '../shared/thread-table.ts';
import { Turns } from './turns.ts';
import { WorkerGone } from './worker-handle.ts';
import { WorkerSet } from './worker-set.ts';

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

class Crew {
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
        onSlotLeft: () => {},
        onExhausted: () => (this.hasExhausted = true),
      },
    });
    const transport = createNodeTransport({ onFault: (error) => assert.fail(String(error)) });
    const gate = new ConnectionGate(table, () => {});
    this.set.listeners = new SlowListeners(random, { transport, gate, table, serving: () => this.set.serving });
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

/** Settles well, or because a worker went away in the middle. */
async function unlessGone(task: Promise<void>): Promise<void> {
  await task.catch((error: unknown) => assert.ok(error instanceof WorkerGone, String(error)));
}

describe('replacing all workers', () => {
  it('twice at once gives no worker two heirs', async () => {
    const crew = await Crew.start(createSeededRandom(1), 2);
    await Promise.all([crew.set.replaceAll(), crew.set.replaceAll()]);
    await crew.settle();
    assert.equal(crew.set.load().replaced, 4);
    await crew.set.stop();
  });

  it('changes nothing where the heir goes before it is needed', async () => {
    const crew = await Crew.start(createSeededRandom(1), 2);
    crew.fakes.holdStarts();
    const replaced = crew.set.replaceAll();
    await until(() => crew.fakes.alive.length === 3, 'the heir comes');
    const ended = assert.rejects(replaced, WorkerGone);
    crew.fakes.alive[2].breakDown('exit');
    await ended;
    await crew.settle();
    await crew.reload(2);
    await crew.settle();
    assert.deepEqual([crew.changes, crew.set.load().lost], [[], 0]);
    await crew.set.stop();
  });

  it('ends well where the worker is sent away while its heir starts', async () => {
    const crew = await Crew.start(createSeededRandom(1), 2);
    await crew.reload(3);
    crew.fakes.holdStarts();
    const replaced = crew.set.replaceAll();
    await until(() => crew.fakes.alive.length === 4, 'the heir of the first comes');
    crew.fakes.letStart();
    await crew.reload(1);
    await replaced;
    await crew.settle();
    await crew.set.stop();
  });

  it('ends well where the worker dies while its heir starts, which takes its place then', async () => {
    const crew = await Crew.start(createSeededRandom(1), 2);
    crew.fakes.holdStarts();
    const replaced = crew.set.replaceAll();
    await until(() => crew.fakes.alive.length === 3, 'the heir comes');
    crew.fakes.alive[0].breakDown('exit');
    await until(() => crew.set.load().lost === 1, 'the death is heard of');
    crew.fakes.letStart();
    await replaced;
    await crew.settle();
    assert.deepEqual(
      crew.changes.map(({ change }) => change),
      ['died', 'replaced', 'replaced'],
    );
    await crew.set.stop();
  });

  for (const way of ['drain', 'stop'] as const) {
    it(`ends quietly where the set ends in the middle (${way})`, async () => {
      const crew = await Crew.start(createSeededRandom(1), 2);
      crew.fakes.holdStarts();
      const replaced = crew.set.replaceAll();
      await until(() => crew.fakes.alive.length === 3, 'the heir comes');
      const ended = crew.set[way]();
      // One that does not answer, as while it starts, is ended after a second.
      crew.time.advance(1000);
      await Promise.all([ended, replaced]);
      assert.deepEqual([crew.fakes.alive, crew.changes], [[], []]);
    });
  }
});

describe('a worker that failed', () => {
  it('may give listening sockets away that were on their way to it, and the others get them', async () => {
    const crew = await Crew.start(createSeededRandom(1), 2);
    const given: (readonly [readonly RestingListener[], number])[] = [];
    crew.set.listeners.give = async (sockets, workers) => {
      given.push([sockets, workers.length]);
      return [];
    };
    const [failing] = crew.fakes.alive;
    const [listener] = testSnapshot({ ports: [] }).listeners;
    const late: RestingListener = { listener, handle: new MessageChannel().port1 };
    failing.breakDown('throw');
    failing.say({ type: 'released', sockets: [late] });
    await until(() => given.some(([sockets]) => sockets.includes(late)), 'somebody gets it');
    assert.deepEqual(
      given.filter(([sockets]) => sockets.includes(late)).map(([, workers]) => workers > 0),
      [true],
    );
    await crew.settle();
    await crew.set.stop();
  });
});

describe('a reload to fewer workers', () => {
  for (const fault of ['throw', 'exit'] as const) {
    it(`does not replace one that dies on its way out (${fault})`, async () => {
      const crew = await Crew.start(createSeededRandom(1), 3);
      crew.set.listeners.setThreads = async () => {
        const [, , last, ...others] = crew.fakes.alive;
        assert.deepEqual(others, []);
        last?.breakDown(fault);
        await until(() => crew.fakes.alive.length === 2 || crew.changes.length > 0, 'that is heard of');
      };
      await crew.reload(2);
      await crew.settle();
      assert.equal(crew.set.load().replaced, 0);
      await crew.set.stop();
    });
  }
});

/** What happens to a crew at once. Between deaths a minute passes: five in one are too many. */
function disturb(crew: Crew, random: Random): Promise<void>[] {
  const count = (most: number): number => Math.floor(random.next() * most);
  const tasks = Array.from({ length: count(3) }, () => unlessGone(crew.reload(1 + count(4))));
  tasks.push(...Array.from({ length: count(3) }, () => unlessGone(crew.set.replaceAll())));
  if (random.next() < 0.4) {
    crew.time.advance(60_000);
    const { alive } = crew.fakes;
    if (alive.length > 0) alive[count(alive.length)].breakDown(random.next() < 0.5 ? 'throw' : 'exit');
  }
  return tasks;
}

describe('a set of workers', () => {
  const FIRST = Number(process.env['SEED'] ?? 1);
  const SEEDS = Number(process.env['SEEDS'] ?? 40);
  const STEPS = 25;

  it(`is what the config says after ${SEEDS} random series of reloads, replacements and deaths`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const random = createSeededRandom(Math.imul(seed, 0x9e3779b1));
      const crew = await Crew.start(random, 2);
      const tasks: Promise<void>[] = [];
      for (let step = 0; step < STEPS; step++) {
        tasks.push(...disturb(crew, random));
        for (let turns = random.next() * 40; turns > 0; turns--) await new Promise(setImmediate);
      }
      await Promise.all(tasks);
      await crew.settle().catch((error: unknown) => assert.fail(`seed ${seed}: ${String(error)}`));
      await crew.set.stop();
      assert.equal(crew.fakes.alive.length, 0, `seed ${seed}`);
    }
  });
});
