import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSpec } from '../core/snapshot.ts';
import { FakeTime } from '../../test/support/fake-time.ts';
import { BareConnects } from './bare-connects.ts';
import type { BareConnectTarget } from './bare-connects.ts';
import { PROBES } from './probes.ts';
import { failed, passed } from './probe.ts';

/** Endpoints that refuse until they are opened. */
class Scene {
  readonly time = new FakeTime();
  readonly open = new Set<number>();
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

  target(port: number, slowEveryMs = 5000): BareConnectTarget {
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
    return { spec, slowEveryMs, onOpen: () => this.opened.push(port) };
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.time.advance(10);
      await new Promise(setImmediate);
    }
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
