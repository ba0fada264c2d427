/** Reloads, replacements and deaths of workers in every order, with workers that are not threads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Crew } from '../../../test/support/crew.ts';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import type { FakeWorker } from '../../../test/support/fake-workers.ts';
import { until } from '../../../test/support/until.ts';
import { createSeededRandom } from '../../core/random.ts';
import type { Random } from '../../core/random.ts';
import type { RestingListener } from '../shared/messages.ts';
import { WorkerGone } from './worker-handle.ts';

/** Settles well, or because a worker went away in the middle. */
async function unlessGone(task: Promise<void>): Promise<void> {
  await task.catch((error: unknown) => assert.ok(error instanceof WorkerGone, String(error)));
}

describe('replacing all workers', () => {
  it('replacing all workers twice at a time gives no worker two heirs', async () => {
    const crew = await Crew.start(createSeededRandom(1), 2);
    await Promise.all([crew.set.replaceAll(), crew.set.replaceAll()]);
    await crew.settle();
    assert.equal(crew.set.load().replaced, 4);
    await crew.set.stop();
  });

  it('replacing all workers changes nothing where the heir goes before it is needed', async () => {
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

  it('replacing all workers ends well where the worker is sent away while its heir starts', async () => {
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

  it('replacing all workers ends well where the worker dies while its heir starts, which takes its place then', async () => {
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
    it(`replacing all workers ends quietly where the set ends in the middle (${way})`, async () => {
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
  it('a worker that failed may give listening sockets away that were on their way to it, and the others get them', async () => {
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

describe('a reload while a worker drains', () => {
  /** One of two has failed and has clients; it is held up, and its heir serves. */
  async function startDraining(): Promise<{ crew: Crew; goOn: () => void; drains: FakeWorker }> {
    const crew = await Crew.start(createSeededRandom(1), 2);
    const [drains] = crew.fakes.alive;
    drains.hasClients = true;
    drains.breakDown('throw');
    await until(() => crew.set.load().replaced === 1, 'its heir serves');
    return { crew, goOn: drains.holdUp(), drains };
  }

  it('a reload while a worker drains ends when that one works by the new config, too', async () => {
    const { crew, goOn } = await startDraining();
    let isOver = false;
    const reload = crew.reload(2).then(() => (isOver = true));
    await until(() => crew.set.serving.every(({ confirmed }) => confirmed === 2), 'the others have confirmed');
    await crew.set.replaceAll();
    assert.deepEqual([isOver, crew.set.confirmed.version], [false, 1]);
    goOn();
    await reload;
    assert.equal(crew.set.confirmed.version, 2);
    await crew.set.stop();
  });

  it('a reload while a worker drains does not wait for ever for one that says nothing, nor for one that goes', async () => {
    for (const way of ['silent', 'gone'] as const) {
      const { crew, drains } = await startDraining();
      const reload = crew.reload(2);
      await until(() => crew.set.serving.every(({ confirmed }) => confirmed === 2), 'the others have confirmed');
      if (way === 'gone') drains.breakDown('exit');
      else crew.time.advance(5000);
      await reload;
      const stopped = crew.set.stop();
      crew.time.advance(1000);
      await stopped;
    }
  });
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

  it(`a set of workers is what the config says after ${SEEDS} random series of reloads, replacements and deaths`, async () => {
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
