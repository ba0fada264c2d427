import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';
import { Holding } from './holding.ts';
import type { Held } from './holding.ts';

/** One thread's holding, whose looks the test makes. */
class Scene {
  isReachable = false;
  readonly released: string[] = [];
  readonly ended: string[] = [];
  readonly faults: unknown[] = [];
  readonly holding: Holding<Held>;
  #task: (() => void) | null = null;

  constructor() {
    const turns: LoopTurns = {
      every: (_ms, task): Cancel => {
        this.#task = task;
        return () => (this.#task = null);
      },
      once: () => assert.fail('nothing is done once'),
    };
    this.holding = new Holding<Held>({
      table: new PoolTable(createPoolTable(1, 1), 0),
      turns,
      isReachable: () => this.isReachable,
      reportFault: (error) => this.faults.push(error),
    });
  }

  get isLooking(): boolean {
    return this.#task !== null;
  }

  look(times = 1): void {
    for (let count = 0; count < times; count++) this.#task?.();
  }

  hold(name: string, goesFirst = true, max = 100): boolean {
    return this.holding.enter(this.request(name, goesFirst), max);
  }

  request(name: string, goesFirst = true, onReleased = (): unknown => this.released.push(name)): Held {
    const onOwnFault = (): unknown => this.ended.push(`fault ${name}`);
    return { goesFirst, onReleased, onHoldEnded: () => this.ended.push(name), onOwnFault };
  }
}

describe('held requests', () => {
  it('held requests are let go four at first, and two more for each that is answered', () => {
    const scene = new Scene();
    for (const name of 'abcdefgh') scene.hold(name);
    scene.look();
    assert.deepEqual(scene.released, []);
    scene.isReachable = true;
    scene.look(3);
    assert.deepEqual(scene.released, ['a', 'b', 'c', 'd']);
    scene.holding.answered();
    scene.look();
    assert.deepEqual(scene.released.slice(4), ['e', 'f']);
    scene.holding.ended();
    scene.look();
    assert.deepEqual(scene.released.slice(6), ['g']);
  });

  it('held requests that may be sent twice go before the others, each in the order in which they came', () => {
    const scene = new Scene();
    for (const [name, goesFirst] of [
      ['post 1', false],
      ['get 1', true],
      ['post 2', false],
      ['get 2', true],
    ] as const)
      scene.hold(name, goesFirst);
    scene.look();
    scene.isReachable = true;
    scene.look();
    assert.deepEqual(scene.released, ['get 1', 'get 2', 'post 1', 'post 2']);
  });

  it('held requests begin with four anew when the pool is lost once more', () => {
    const scene = new Scene();
    for (const name of 'abcdefghij') scene.hold(name);
    scene.look();
    scene.isReachable = true;
    scene.look();
    for (let count = 0; count < 4; count++) scene.holding.answered();
    scene.isReachable = false;
    scene.look();
    scene.isReachable = true;
    scene.look();
    assert.equal(scene.released.length, 8);
  });

  it('held requests do not wait for ever for answers that take long: four more go after a second without one', () => {
    const scene = new Scene();
    for (const name of 'abcdefghij') scene.hold(name);
    scene.look();
    scene.isReachable = true;
    scene.look();
    scene.look(199);
    assert.equal(scene.released.length, 4);
    scene.look(2);
    assert.equal(scene.released.length, 8);
  });

  it('held requests are as many as may be, and nobody is looked for once none is left', () => {
    const scene = new Scene();
    const first = scene.request('a');
    assert.ok(scene.holding.enter(first, 2));
    assert.ok(scene.hold('b', true, 2));
    assert.equal(scene.hold('c', true, 2), false);
    scene.holding.leave(first);
    scene.holding.leave(first);
    assert.ok(scene.hold('c', true, 2));
    assert.equal(scene.hold('d', true, 2), false);
    scene.holding.end();
    assert.deepEqual(scene.ended, ['b', 'c']);
    assert.ok(!scene.holding.isHolding && !scene.isLooking);
  });

  it('held requests are let go though one before them throws, which is reported', () => {
    const scene = new Scene();
    const boom = new Error('boom');
    scene.holding.enter(
      scene.request('a', true, () => assert.fail(boom)),
      9,
    );
    scene.hold('b');
    scene.look();
    scene.isReachable = true;
    scene.look();
    assert.deepEqual([scene.released, scene.ended, scene.faults], [['b'], ['fault a'], [boom]]);
  });
});
