import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSpec } from '../core/snapshot.ts';
import { FakeTime } from '../../test/support/fake-time.ts';
import { BareConnects } from './bare-connects.ts';
import type { BareConnectTarget } from './bare-connects.ts';
import type { TriedPool } from './pool-turns.ts';
import { PROBES } from './probes.ts';
import { failed, passed } from './probe.ts';

/** Endpoints that refuse until they are opened. */
class Scene {
  readonly time = new FakeTime();
  readonly open = new Set<number>();
  readonly pool = { isOut: false };
  /** Port and time of each connect. */
  readonly connects: [number, number][] = [];
  readonly opened: number[] = [];
  readonly #began = this.time.now();
  readonly bare = new BareConnects({
    clock: this.time,
    scheduler: this.time,
    probes: {
      ...PROBES,
      tcp: ({ port }) => {
        this.connects.push([port, this.time.now() - this.#began]);
        return Promise.resolve(this.open.has(port) ? passed('connected') : failed('connection refused', 'connect'));
      },
    },
  });

  target(port: number, slowEveryMs = 5000, pool: TriedPool = this.pool): BareConnectTarget {
    const spec: EndpointSpec = {
      id: `a:${port}`,
      slot: port,
      generation: 0,
      weight: 1,
      addresses: ['127.0.0.1'],
      port,
      authority: `a:${port}`,
      priority: 0,
      zone: '',
      isBackup: false,
      maxRequests: 0,
    };
    return { spec, pool, slowEveryMs, proxyVersion: undefined, onOpen: () => this.opened.push(port) };
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.time.advance(10);
      await new Promise(setImmediate);
    }
  }

  get elapsed(): number {
    return this.time.now() - this.#began;
  }

  count(port: number, fromMs: number, toMs: number): number {
    return this.connects.filter(([of, at]) => of === port && at > fromMs && at <= toMs).length;
  }
}

test('an endpoint that refuses is tried every 250 ms, and after 10 s as often as it is checked', async () => {
  const scene = new Scene();
  scene.bare.watch(scene.target(1, 2000));
  await scene.pass(1000);
  assert.equal(scene.count(1, 0, 1000), 4);
  await scene.pass(9000);
  const inQuickTime = scene.connects.length;
  await scene.pass(10_000);
  assert.ok(scene.connects.length - inQuickTime <= 6, `${scene.connects.length - inQuickTime} in the next 10 s`);
});

test('the first connect that succeeds is told once, and is the last', async () => {
  const scene = new Scene();
  scene.bare.watch(scene.target(1));
  await scene.pass(600);
  scene.open.add(1);
  await scene.pass(2000);
  assert.deepEqual(scene.opened, [1]);
  assert.equal(scene.count(1, 900, 3000), 0);
});

test('a hundred endpoints that refuse take turns, with fifty connects a second in all', async () => {
  const scene = new Scene();
  for (let port = 1; port <= 100; port++) scene.bare.watch(scene.target(port));
  await scene.pass(4250);
  const made = scene.connects.filter(([, at]) => at > 250).length;
  assert.ok(made <= 200 && made >= 180, `${made} in 4 s`);
  for (let port = 1; port <= 100; port++) assert.ok(scene.count(port, 0, 4250) >= 1, `${port} was never tried`);
});

async function until(scene: Scene, isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5000 && !isSo(); waited += 10) await scene.pass(10);
  assert.ok(isSo());
}

/** The most connects that began within 250 ms of each other. */
function mostAtOnce(connects: readonly (readonly [number, number])[]): number {
  const within = connects.map(([, from]) => connects.filter(([, at]) => at >= from && at < from + 250).length);
  return Math.max(...within);
}

test('of a pool that cannot be reached three endpoints are tried in 250 ms, and all of them in turn', async () => {
  const scene = new Scene();
  scene.pool.isOut = true;
  for (let port = 1; port <= 30; port++) scene.bare.watch(scene.target(port));
  await scene.pass(6000);
  assert.equal(mostAtOnce(scene.connects), 3);
  const times = scene.connects.map(([, at]) => at);
  const longest = Math.max(...times.slice(1).map((at, index) => at - times[index]));
  assert.ok(longest <= 110, `no connect for ${longest} ms`);
  for (let port = 1; port <= 30; port++) {
    const count = scene.count(port, 0, 6000);
    assert.ok(count === 2 || count === 3, `${port} was tried ${count} times`);
  }
});

test('of a pool that cannot be reached three endpoints are tried in 250 ms when all are due for long, too', async () => {
  const scene = new Scene();
  scene.pool.isOut = true;
  for (let port = 1; port <= 60; port++) scene.bare.watch(scene.target(port, 500));
  await scene.pass(30_000);
  assert.equal(mostAtOnce(scene.connects), 3);
  for (let port = 1; port <= 60; port++) {
    const count = scene.count(port, 15_000, 30_000);
    assert.ok(count >= 2 && count <= 4, `${port} was tried ${count} times`);
  }
});

test('an endpoint is tried every 250 ms beside a large pool that cannot be reached', async () => {
  const scene = new Scene();
  const large = { isOut: true };
  for (let port = 1; port <= 200; port++) scene.bare.watch(scene.target(port, 5000, large));
  scene.bare.watch(scene.target(201));
  await scene.pass(5000);
  assert.ok(scene.count(201, 0, 5000) >= 18, `it was tried ${scene.count(201, 0, 5000)} times in 5 s`);
});

test('once a pool can be reached all of its endpoints are tried every 250 ms', async () => {
  const scene = new Scene();
  scene.pool.isOut = true;
  for (let port = 1; port <= 10; port++) scene.bare.watch(scene.target(port));
  await scene.pass(1000);
  scene.open.add(1);
  await until(scene, () => scene.opened.length === 1);
  scene.pool.isOut = false;
  const from = scene.elapsed;
  await scene.pass(1500);
  for (let port = 2; port <= 10; port++) assert.ok(scene.count(port, from, from + 1500) >= 4, `${port} was left`);
});

test('an endpoint that waits for its turn and is forgotten is not tried', async () => {
  const scene = new Scene();
  scene.pool.isOut = true;
  const targets = [1, 2, 3, 4, 5].map((port) => scene.target(port));
  for (const target of targets) scene.bare.watch(target);
  await scene.pass(480);
  const portsAfter = (ms: number): number[] => scene.connects.filter(([, at]) => at > ms).map(([port]) => port);
  assert.deepEqual(portsAfter(0), [1, 2, 3]);
  for (const at of [3, 0, 1, 2]) scene.bare.forget(targets[at]);
  await scene.pass(1000);
  assert.deepEqual(new Set(portsAfter(480)), new Set([5]));
});

test('endpoints that are checked at different intervals are each tried at their own, as it is then', async () => {
  const scene = new Scene();
  let slowEveryMs = 1000;
  const changing: BareConnectTarget = {
    ...scene.target(1),
    get slowEveryMs() {
      return slowEveryMs;
    },
  };
  for (const target of [changing, scene.target(2, 3000), scene.target(3, 3000)]) scene.bare.watch(target);
  await scene.pass(22_500);
  assert.ok([10, 11, 12].includes(scene.count(1, 11_000, 22_500)));
  assert.deepEqual([scene.count(2, 12_000, 21_000), scene.count(3, 12_000, 21_000)], [3, 3]);
  slowEveryMs = 6000;
  await scene.pass(20_000);
  assert.ok([2, 3].includes(scene.count(1, 25_000, 42_500)));
});

test('whose turn it is costs no more where many endpoints wait', () => {
  const watchMany = (count: number): number => {
    const { bare, ...scene } = new Scene();
    const targets = Array.from({ length: count }, (_, port) => Scene.prototype.target.call(scene, port));
    const began = performance.now();
    for (const target of targets) bare.watch(target);
    for (const target of targets) bare.forget(target);
    return performance.now() - began;
  };
  // Eight times as many: a line costs 8 times as much, a square 64 times. A busy machine disturbs single rounds.
  let [few, many] = [Infinity, Infinity];
  for (let round = 0; round < 60 && (round < 3 || many > 24 * few); round++) {
    few = Math.min(few, watchMany(500));
    many = Math.min(many, watchMany(4000));
  }
  assert.ok(many <= 24 * few, `${many.toFixed(2)} ms for 4,000, ${few.toFixed(2)} for 500`);
});

test('an endpoint that is forgotten is not tried any more, nor told of', async () => {
  const scene = new Scene();
  const target = scene.target(1);
  scene.bare.watch(target);
  await scene.pass(300);
  scene.open.add(1);
  scene.bare.forget(target);
  await scene.pass(1000);
  assert.deepEqual([scene.opened, scene.connects.length], [[], 1]);
});
