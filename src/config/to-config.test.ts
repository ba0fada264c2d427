/** Both forms of a config as a program hands them over. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConfigInput } from './config-input.ts';
import { parseConfig } from './load.ts';
import { ConfigInvalid, toConfig } from './to-config.ts';

describe('toConfig', () => {
  test('toConfig reads what people write, with the defaults of a file', () => {
    const parsed = parseConfig('pools: { web: [localhost:8081] }', 'a.yaml');
    assert.ok('config' in parsed);
    assert.deepEqual(toConfig({ pools: { web: ['localhost:8081'] } }), parsed.config);
  });

  test('toConfig takes a config that was read before as it is, a copy with other threads and a clone too', () => {
    const config = toConfig({ pools: { web: ['localhost:8081'] } });
    assert.equal(toConfig(config), config);
    const copy = { ...config, threads: 2 };
    assert.equal(toConfig(copy), copy);
    const clone = structuredClone(config);
    assert.equal(toConfig(clone), clone);
  });

  test('toConfig throws every mistake at once, with key and cure, in the message too', () => {
    const input = { pools: { web: { endpoints: ['localhost'], policy: 'least-conections' } } };
    const error = errorOf(input as unknown as ConfigInput);
    assert.equal(error.code, 'FL_CONFIG_INVALID');
    assert.deepEqual(error.errors.map(({ key }) => key).sort(), ['pools.web.endpoints[0].address', 'pools.web.policy']);
    for (const { key, message, cure } of error.errors) {
      assert.ok(error.message.includes(key) && error.message.includes(message) && error.message.includes(cure));
    }
    assert.match(error.message, /^config: pools\.web\.policy: .*"least-connections"/m);
  });

  test('toConfig refuses lists where names belong, and what is no config at all', () => {
    for (const value of [null, undefined, 7, 'web', [], {}, { pools: [] }, { listeners: [], pools: [] }]) {
      assert.ok(errorOf(value as unknown as ConfigInput).errors.length > 0);
    }
  });
});

function errorOf(input: ConfigInput): ConfigInvalid {
  try {
    toConfig(input);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error;
    throw error;
  }
  assert.fail('nothing was thrown');
}
