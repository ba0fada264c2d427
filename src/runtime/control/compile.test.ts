import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { configOf } from '../../../test/support/running-balancer.ts';
import { diffSnapshots } from '../../config/diff.ts';
import { PoolTable } from '../../core/shared/pool-table.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { SnapshotCompiler } from './compile.ts';
import type { Confirmation } from './compile.ts';
import { resolveNames } from './resolve-names.ts';

const MACHINE = {
  threads: 2,
  settings: testSnapshot({ ports: [] }).settings,
  logRings: [],
  stickyValues: null,
  tlsEditions: null,
};
const WORKER_SLOTS = 8;

function confirmed(version: number, heldRoutes: readonly number[] = []): Confirmation {
  return { version, heldRoutes: new Set(heldRoutes) };
}

function ports(from: number, count: number): string[] {
  return Array.from({ length: count }, (_none, index) => `"127.0.0.1:${from + index}"`);
}

async function compile(
  compiler: SnapshotCompiler,
  endpoints: readonly string[],
  version: number,
  more = '',
): Promise<Snapshot> {
  const config = configOf(`pools: { web: { endpoints: [${endpoints.join(', ')}]${more} } }`);
  return compiler.compile(config, await resolveNames(config), MACHINE, confirmed(version));
}

describe('the compiler', () => {
  it('the compiler keeps rows, generations and tables of what was there before', async () => {
    const compiler = new SnapshotCompiler(WORKER_SLOTS);
    const first = await compile(compiler, ports(1, 3), 0);
    const second = await compile(compiler, [...ports(2, 2), ...ports(9, 1)], 1, ', policy: random');
    assert.equal(second.version, first.version + 1);
    assert.equal(second.pools[0].table.buffer, first.pools[0].table.buffer);
    assert.equal(second.routeTable.buffer, first.routeTable.buffer);
    assert.deepEqual(
      second.pools[0].endpoints.map(({ id, slot }) => [id, slot]),
      [
        ['127.0.0.1:2', 1],
        ['127.0.0.1:3', 2],
        ['127.0.0.1:9', 3],
      ],
    );
    assert.deepEqual(
      diffSnapshots(first, second).map(({ op }) => op),
      ['update-pool', 'add-endpoint', 'remove-endpoint'],
    );
  });

  it('the compiler builds the table of a hash policy anew only when endpoints or weights change, and none for other policies', async () => {
    const compiler = new SnapshotCompiler(WORKER_SLOTS);
    const by = (table: string): string => `, policy: { hash: { table: ${table} } }`;
    const first = await compile(compiler, ports(1, 3), 0, by('ring'));
    const same = await compile(compiler, ports(1, 3), 1, by('ring'));
    assert.deepEqual(diffSnapshots(first, same), []);
    assert.equal(same.pools[0].hashTables[0].buffer, first.pools[0].hashTables[0].buffer);
    const more = await compile(compiler, ports(1, 4), 2, by('ring'));
    assert.notEqual(more.pools[0].hashTables[0].id, first.pools[0].hashTables[0].id);
    assert.deepEqual(
      diffSnapshots(same, more).map(({ op }) => op),
      ['update-pool', 'add-endpoint'],
    );
    for (const policy of [by('rendezvous'), ', policy: random']) {
      assert.deepEqual((await compile(compiler, ports(1, 4), 3, policy)).pools[0].hashTables, []);
    }
  });

  it('the compiler gathers the policies of the routes to a pool, each once, with the tables that they need', async () => {
    const config = configOf(`
      routes:
        - { match: { path: /a }, pool: web, policy: { hash: { table: maglev } } }
        - { match: { path: /b }, pool: web, policy: { hash: { table: maglev } } }
        - { match: { path: /c }, pool: web, policy: random }
        - { match: { path: /d }, pool: other, policy: round-robin }
        - { pool: web }
      pools: { web: { policy: hash, endpoints: [${ports(1, 2).join(', ')}] }, other: "127.0.0.1:3" }
    `);
    const compiled = new SnapshotCompiler(WORKER_SLOTS).compile(
      config,
      await resolveNames(config),
      MACHINE,
      confirmed(0),
    );
    const [web, other] = compiled.pools;
    assert.deepEqual(web.routePolicies, [config.routes[0].policy, 'random']);
    assert.deepEqual(web.hashTables.map(({ kind }) => kind).sort(), ['maglev', 'ring']);
    assert.deepEqual([other.routePolicies, other.hashTables], [['round-robin'], []]);
  });

  it('the compiler changes nothing for the same config', async () => {
    const compiler = new SnapshotCompiler(WORKER_SLOTS);
    const first = await compile(compiler, ports(1, 3), 0);
    const second = await compile(compiler, ports(1, 3), 1);
    assert.deepEqual(diffSnapshots(first, second), []);
  });

  it('the compiler gives a pool that has outgrown its table one of twice the size, as another table', async () => {
    const compiler = new SnapshotCompiler(WORKER_SLOTS);
    const first = await compile(compiler, ports(1, 2), 0);
    const { capacity } = first.pools[0].table;
    const second = await compile(compiler, ports(1, capacity + 1), 1);
    assert.ok(second.pools[0].table.capacity >= 2 * capacity);
    assert.notEqual(second.pools[0].table.buffer, first.pools[0].table.buffer);
    const slots = second.pools[0].endpoints.map(({ slot }) => slot);
    assert.equal(new Set(slots).size, capacity + 1);
    assert.ok(Math.max(...slots) < second.pools[0].table.capacity);
  });

  it('the compiler uses rows again for ever when endpoints come and go, each time under a new generation', async () => {
    const compiler = new SnapshotCompiler(WORKER_SLOTS);
    const first = await compile(compiler, ports(1, 2), 0);
    let last = first;
    for (let round = 1; round < 200; round++) last = await compile(compiler, ports(1 + round * 2, 2), last.version);
    assert.equal(last.pools[0].table.buffer, first.pools[0].table.buffer);
    assert.ok(last.pools[0].endpoints.every(({ generation }) => generation > 0));
    const table = new PoolTable(last.pools[0].table, 0);
    for (const { slot, generation } of last.pools[0].endpoints) assert.equal(table.generation[slot], generation);
  });

  it('the compiler gives every route its row, none of them row 0, and keeps it by name', async () => {
    const compiler = new SnapshotCompiler(WORKER_SLOTS);
    const routes = (names: string[]): string =>
      names.map((n) => `{ name: ${n}, match: { path: /${n} }, pool: p }`).join();
    const read = (names: string[]): Snapshot => {
      const config = configOf(`{ routes: [${routes(names)}], pools: { p: ["127.0.0.1:1"] } }`);
      return compiler.compile(config, new Map([['p', []]]), MACHINE, confirmed(0));
    };
    const slotsOf = ({ routes }: Snapshot): unknown => Object.fromEntries(routes.map(({ id, slot }) => [id, slot]));
    assert.deepEqual(slotsOf(read(['a', 'b'])), { a: 1, b: 2 });
    assert.deepEqual(slotsOf(read(['c', 'b', 'a'])), { a: 1, b: 2, c: 3 });
    const many = read(Array.from({ length: 100 }, (_none, index) => `r${index}`));
    assert.ok(many.routes.every(({ slot }) => slot >= 1 && slot < many.routeTable.capacity));
  });
});
