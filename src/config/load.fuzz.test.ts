/** Broken configs of every kind: nothing throws, and whatever is refused says where and what to do. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parseConfig } from './load.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/config/', import.meta.url));
const seed = Date.now() & 0x7fffffff;

const samples = ['valid', 'invalid'].flatMap((folder) =>
  readdirSync(join(FIXTURES, folder))
    .filter((file) => !file.includes('.expected.') && !file.startsWith('deep-nesting'))
    .map((file) => readFileSync(join(FIXTURES, folder, file), 'utf8')),
);

function assertAnswered(text: string, fileName: string): void {
  const parsed = parseConfig(text, fileName);
  if ('config' in parsed) {
    assert.ok(parsed.config.pools.length > 0 && parsed.config.routes.length > 0 && parsed.config.listeners.length > 0);
    return;
  }
  assert.ok(parsed.errors.length > 0);
  const lines = text.split(/\r\n|\r|\n/).length;
  for (const { file, line, column, message, cure } of parsed.errors) {
    assert.equal(file, fileName);
    assert.ok(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines} lines`);
    assert.match(message, /^\S(?:[\s\S]*[^.\s])?$/);
    assert.match(cure, /^[A-Z"][\s\S]*[.?]$/);
  }
}

const noise = fc.oneof(
  fc.constantFrom(
    ':',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '*',
    '&a ',
    '!x ',
    '#',
    '\n',
    '\t',
    '|',
    '>',
    '<<: ',
    '? ',
    '---\n',
    '%',
    ',',
  ),
  fc.constantFrom(
    'null',
    '-1',
    '1e999',
    '.nan',
    '0x10',
    'true',
    '~',
    '\0',
    '\ufffd',
    '\u2028',
    '💥',
    '\ud800',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(8), put: noise });

describe('parseConfig', () => {
  it('answers every mutation of a config with a config, or with mistakes that have a line and a cure', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('a.yaml', 'a.json'),
        (sample, edits, fileName) => {
          let text = sample;
          for (const { at, drop, put } of edits) {
            const offset = Math.floor(at * text.length);
            text = text.slice(0, offset) + put + text.slice(offset + drop);
          }
          assertAnswered(text, fileName);
        },
      ),
      { seed, numRuns: 400 },
    );
  });

  it('answers a config with any values at its keys', () => {
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
      fc.property(fc.dictionary(key, value, { maxKeys: 6 }), (config) =>
        assertAnswered(JSON.stringify(config), 'a.json'),
      ),
      { seed, numRuns: 400 },
    );
  });

  it('reads five thousand routes, and refuses twenty thousand keys of one map, in a time linear in their number', () => {
    const routes = Array.from(
      { length: 5_000 },
      (_, i) => `  - { match: { host: h${i}.example.com, path: /p${i}/* }, pool: web }`,
    );
    const parsed = parseConfig(`pools: { web: [localhost:8081] }\nroutes:\n${routes.join('\n')}\n`, 'a.yaml');
    assert.ok('config' in parsed);
    assert.equal(parsed.config.routes.length, 5_000);
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`);
    assertAnswered(keys.join('\n'), 'a.yaml');
  });
});
