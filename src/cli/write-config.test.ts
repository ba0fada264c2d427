import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseConfig } from '../config/load.ts';
import type { ParsedConfig } from '../config/load.ts';
import { parseDuration, parseSize } from '../config/units.ts';
import { writeConfig } from './write-config.ts';
import { formatDuration, formatSize } from './written-units.ts';

const FIXTURES = new URL('../../test/fixtures/config/valid/', import.meta.url);

function configOf(parsed: ParsedConfig, name: string) {
  if ('errors' in parsed) assert.fail(`${name}: ${JSON.stringify(parsed.errors)}`);
  return parsed.config;
}

describe('a config that is written out', () => {
  for (const name of readdirSync(FIXTURES).filter(
    (each) => /\.(?:yaml|json)$/.test(each) && !each.includes('.expected.'),
  )) {
    const parsed = parseConfig(readFileSync(new URL(name, FIXTURES), 'utf8'), name);
    // What needs other files or an environment is the loader's to test.
    if ('errors' in parsed) continue;
    test(`a config that is written out is the same config when it is read again: ${name}`, () => {
      const written = writeConfig(parsed.config);
      const again = configOf(parseConfig(stringify(written), 'again.yaml'), stringify(written));
      assert.deepEqual(again, parsed.config);
      assert.deepEqual(configOf(parseConfig(JSON.stringify(written), 'again.json'), 'again.json'), parsed.config);
    });
  }

  test('a config that is written out has every default in the words of people', () => {
    const config = configOf(parseConfig('pools: { web: [localhost:1] }', 'a.yaml'), 'a');
    const written = writeConfig(config);
    assert.deepEqual(written['listeners'], {
      web: {
        address: '127.0.0.1:8080',
        spread: 'kernel',
        halfClose: 'cancel',
        underscores: 'drop',
        proxyProtocol: 'off',
        tls: 'off',
      },
    });
    assert.deepEqual(written['limits'], { head: '16KiB', headers: 100, target: '8KiB' });
    assert.deepEqual(written['headers'], { via: 'on', forwarded: 'off' });
  });
});

test('a time and a size that are written are read as the same number', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (bytes) => parseSize(formatSize(bytes)) === bytes));
  assert.deepEqual([500, 1000, 90_000, 3_600_000, 86_400_000].map(formatDuration), ['500ms', '1s', '90s', '1h', '1d']);
  assert.deepEqual([1000, 1024, 10 * 2 ** 20, 2 ** 30].map(formatSize), ['1000B', '1KiB', '10MiB', '1GiB']);
});
