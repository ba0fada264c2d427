/** Broken configs of every kind: nothing throws, and whatever is refused says where and what to do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assertAnswered, fuzzConfigs } from '../../test/fuzz/mutate-config.ts';
import { parseConfig } from './load.ts';

/** Fixed: `npm run fuzz -- --level config` is what looks for more. */
const seed = 20261121;

describe('parseConfig', () => {
  it('parseConfig returns a config, or mistakes with a line and a cure, for every mutation of a config', () => {
    const { configs, refused } = fuzzConfigs(500, seed);
    assert.ok(configs > 0 && refused > 0);
  });

  it('parseConfig returns a config or mistakes for any values at its keys', () => {
    const key = fc.constantFrom(
      ...[
        'threads',
        'listeners',
        'routes',
        'pools',
        'timeouts',
        'limits',
        'trustedProxies',
        'headers',
        'maxConnections',
      ],
      ...[
        'web',
        'match',
        'path',
        'pool',
        'endpoints',
        'address',
        'check',
        'http',
        'regex',
        '__proto__',
        'toString',
        '',
      ],
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom<unknown>(
          null,
          true,
          0,
          -1,
          1.5,
          'web',
          '/v1/*',
          'localhost:8081',
          '5s',
          'off',
          ':8080',
          '64KiB',
          '^/(',
        ),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 6 }), (config) => {
        assertAnswered(JSON.stringify(config), 'a.json');
      }),
      { seed, numRuns: 400 },
    );
  });

  it('parseConfig reads two thousand routes, and refuses eight thousand keys of one map, in a time linear in their number', () => {
    const routes = Array.from(
      { length: 2_000 },
      (_, i) => `  - { match: { host: h${i}.example.com, path: /p${i}/* }, pool: web }`,
    );
    const parsed = parseConfig(`pools: { web: [localhost:8081] }\nroutes:\n${routes.join('\n')}\n`, 'a.yaml');
    assert.ok('config' in parsed);
    assert.equal(parsed.config.routes.length, 2_000);
    const keys = Array.from({ length: 8_000 }, (_, i) => `k${i}: 1`);
    assertAnswered(keys.join('\n'), 'a.yaml');
  });
});
