import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import type { Problem } from './errors.ts';

type Map = Readonly<Record<string, unknown>>;

/** What a pool may say, in values that are not the defaults. */
const POOL = {
  policy: 'random',
  check: {
    http: { path: '/ready', method: 'HEAD', status: [204], port: 9000 },
    interval: '10s',
    timeout: '1s',
    start: 'unhealthy',
  },
  ejection: { failures: 3, statuses: [500], time: '10s', maxTime: '1m' },
  retry: { attempts: 2, retryOn: ['connect'], replayBuffer: '1KiB' },
  maxConnections: 5,
  maxIdle: 1,
  idleTimeout: '1s',
  panic: 'off',
  host: 'endpoint',
  answers: 'lenient',
};

const LATER_WINS: Map = {
  policy: 'round-robin',
  ejection: { failures: 4, time: '20s' },
  retry: { attempts: 7, retryOn: ['reset'] },
  maxIdle: 9,
};

function build(config: unknown): Config {
  const built = buildConfig(config);
  assert.ok(!Array.isArray(built), JSON.stringify(built));
  return built as Config;
}

function pathsOf(config: unknown): readonly unknown[] {
  const built = buildConfig(config);
  return isProblems(built) ? built.map(({ path }) => path) : [];
}

function isProblems(built: Config | readonly Problem[]): built is readonly Problem[] {
  return Array.isArray(built);
}

const poolOf = (defaults: Map, pool: unknown): Config['pools'][number] =>
  build({ defaults, pools: { web: pool } }).pools[0];

/** Divides a map in two, and maps in it as well. `left` draws for each key: here, there, or divided further. */
function divide(map: Map, left: () => boolean): readonly [Map, Map] {
  const parts: readonly [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const [key, value] of Object.entries(map)) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMap && left()) [parts[0][key], parts[1][key]] = divide(value as Map, left);
    else parts[left() ? 0 : 1][key] = value;
  }
  return parts;
}

describe('the defaults of a config', () => {
  it('the defaults of a config and a pool are together what either could say alone, however it is divided', () => {
    const whole = poolOf({}, { endpoints: ['localhost:8081'], ...POOL });
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (draws) => {
        const [common, own] = divide(POOL, () => draws.next().value === true);
        assert.deepEqual(poolOf(common, { endpoints: ['localhost:8081'], ...own }), whole);
      }),
    );
  });

  it('the defaults of a config give way to what a pool says', () => {
    const endpoints = ['localhost:8081'];
    const merged = poolOf({ ...POOL }, { endpoints, ...LATER_WINS });
    const written = {
      ...POOL,
      ...LATER_WINS,
      ejection: { ...POOL.ejection, failures: 4, time: '20s' },
      retry: { ...POOL.retry, attempts: 7, retryOn: ['reset'] },
    };
    assert.deepEqual(merged, poolOf({}, { endpoints, ...written }));
  });

  it('the defaults of a config hold for a pool that is nothing but its endpoints', () => {
    const endpoints = ['localhost:8081', 'localhost:8082'];
    assert.deepEqual(poolOf(POOL, endpoints), poolOf({}, { endpoints, ...POOL }));
    assert.deepEqual(poolOf(POOL, 'localhost:8081'), poolOf({}, { endpoints: 'localhost:8081', ...POOL }));
  });

  it('the defaults of a config hold for the route that need not be written', () => {
    const { routes } = build({ defaults: { maxBody: '1KiB', upgrades: [] }, pools: { web: ['localhost:8081'] } });
    assert.deepEqual([routes[0].maxBody, routes[0].upgrades], [1024, []]);
  });

  it('the defaults of a config merge a check that is written in short', () => {
    const endpoints = ['localhost:8081'];
    const common = { check: { http: { method: 'OPTIONS', path: '/live' }, interval: '7s' } };
    const merged = poolOf(common, { endpoints, check: { http: '/ready' } });
    assert.deepEqual(
      merged.checks,
      poolOf({}, { endpoints, check: { http: { path: '/ready', method: 'OPTIONS' }, interval: '7s' } }).checks,
    );
    assert.deepEqual(poolOf({ check: 'tcp' }, endpoints).checks, poolOf({}, { endpoints, check: { tcp: {} } }).checks);
    assert.deepEqual(poolOf({ check: 'http' }, { endpoints, check: 'off' }).checks, []);
  });

  it('the defaults of a config do not hide a key that is called like a property of every object', () => {
    const text = `{"pools":{"web":{"endpoints":["localhost:8081"],"retry":{"__proto__":{},"attempts":1}}},"defaults":{"retry":{"attempts":2}}}`;
    assert.deepEqual(pathsOf(JSON.parse(text)), [['pools', 'web', 'retry', '__proto__']]);
  });

  it('the defaults of a config are read in a moment where ten thousand pools make a mistake with them', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `pool-${index}`);
    const config = {
      defaults: { ejection: { maxTime: '1s' } },
      routes: [{ pool: names[0] }],
      pools: Object.fromEntries(names.map((name) => [name, ['localhost:8081']])),
    };
    assert.deepEqual(pathsOf(config), [['defaults', 'ejection', 'maxTime']]);
  });
});
