import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { nameOfPolicy } from '../core/balancer/policies.ts';
import type { Operation } from '../core/operations.ts';
import { createPoolTable } from '../core/shared/pool-table.ts';
import { createRouteTable } from '../core/shared/route-table.ts';
import type { EndpointSpec, Snapshot } from '../core/snapshot.ts';
import { buildConfig } from './build.ts';
import type { Config, EndpointConfig } from './config.ts';
import { diffSnapshots } from './diff.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/config/diff/', import.meta.url));

/** A snapshot as the runtime would make it: the same identity has the same slot and table every time. */
class Compiler {
  readonly #routeTable = createRouteTable(8, 1);
  readonly #tables = new Map<string, Snapshot['pools'][number]['table']>();
  readonly #slots = new Map<string, number>();

  compile(written: unknown): Snapshot {
    const config = buildConfig(written);
    assert.ok(!Array.isArray(config), JSON.stringify(config));
    const { routes, pools, threads, settings, ...rest } = config as Config;
    const { memory, maxConnections } = settings;
    return {
      ...rest,
      version: 1,
      logRings: [],
      sessionRows: {},
      threads: threads === 'auto' ? 1 : threads,
      settings: {
        ...settings,
        memory: { maxBytes: memory.maxBytes === 'auto' ? 2 ** 26 : memory.maxBytes },
        maxConnections: maxConnections === 'auto' ? 1000 : maxConnections,
      },
      routes: routes.map((route, index) => ({ ...route, slot: index + 1 })),
      pools: pools.map((pool) => {
        const table = this.#tables.get(pool.id) ?? createPoolTable(4, 1);
        this.#tables.set(pool.id, table);
        return {
          ...pool,
          table,
          tls: pool.tls === null ? null : { ...pool.tls, edition: 1 },
          nearZone: '',
          routePolicies: [],
          hashTables: [],
          endpoints: pool.endpoints.map((endpoint) => this.#compileEndpoint(pool.id, endpoint)),
        };
      }),
      routeTable: this.#routeTable,
    };
  }

  #compileEndpoint(pool: string, { id, host: _, ...rest }: EndpointConfig): EndpointSpec {
    const key = `${pool} ${id}`;
    const slot = this.#slots.get(key) ?? this.#slots.size;
    this.#slots.set(key, slot);
    return { ...rest, id, slot, generation: 1, addresses: ['127.0.0.1'], authority: id };
  }
}

/** An operation in a line. */
function describeOperation(operation: Operation): string {
  switch (operation.op) {
    case 'add-pool':
    case 'update-pool':
      return `${operation.op} ${operation.pool.id} (${nameOfPolicy(operation.pool.policy)})`;
    case 'add-endpoint':
    case 'update-endpoint':
      return `${operation.op} ${operation.pool} ${operation.endpoint.id} (weight ${operation.endpoint.weight})`;
    case 'remove-endpoint':
      return `${operation.op} ${operation.pool} ${operation.id}`;
    case 'open-listener':
    case 'update-listener':
      return `${operation.op} ${operation.listener.id} (port ${operation.listener.port})`;
    case 'close-listener':
      return `${operation.op} ${operation.id} (port ${operation.port})`;
    case 'remove-pool':
      return `${operation.op} ${operation.id}`;
    case 'set-threads':
      return `${operation.op} ${operation.threads}`;
    default:
      return operation.op;
  }
}

interface Fixture {
  readonly from: unknown;
  readonly to: unknown;
  readonly operations?: readonly string[];
}

describe('diffSnapshots', () => {
  for (const file of readdirSync(FIXTURES)) {
    it(`diffSnapshots gives the operations of ${file}`, () => {
      const text = readFileSync(join(FIXTURES, file), 'utf8');
      const { from, to, operations } = parse(text) as Fixture;
      const compiler = new Compiler();
      const before = from === null ? null : compiler.compile(from);
      const actual = diffSnapshots(before, compiler.compile(to)).map(describeOperation);
      if (process.env['FAIRLEAD_WRITE_FIXTURES'] === '1') {
        const list = actual.length === 0 ? ' []' : `\n${actual.map((line) => `  - ${line}`).join('\n')}`;
        writeFileSync(join(FIXTURES, file), `${text.replace(/^operations:[\s\S]*/m, '')}operations:${list}\n`);
        return;
      }
      assert.deepEqual(actual, operations);
    });
  }

  it('diffSnapshots says nothing of a table that the threads have written to', () => {
    const compiler = new Compiler();
    const before = compiler.compile({ pools: { web: ['localhost:8081'] } });
    new Int32Array(before.pools[0].table.buffer)[20] = 7;
    assert.deepEqual(diffSnapshots(before, compiler.compile({ pools: { web: ['localhost:8081'] } })), []);
  });

  it('diffSnapshots updates a pool whose table has been replaced', () => {
    const before = new Compiler().compile({ pools: { web: ['localhost:8081'] } });
    const after = { ...before, pools: [{ ...before.pools[0], table: createPoolTable(64, 1) }] };
    assert.deepEqual(diffSnapshots(before, after).map(describeOperation), ['update-pool web (power-of-two)']);
  });

  it('diffSnapshots treats an endpoint in another slot as another endpoint', () => {
    const before = new Compiler().compile({ pools: { web: ['localhost:8081'] } });
    const [pool] = before.pools;
    const after = { ...before, pools: [{ ...pool, endpoints: [{ ...pool.endpoints[0], slot: 3 }] }] };
    assert.deepEqual(
      diffSnapshots(before, after).map(({ op }) => op),
      ['add-endpoint', 'remove-endpoint'],
    );
  });
});
