/** What the pages say of keys and defaults is what the parser does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { findDocumentedKeys } from './documented-keys.ts';
import type { DocumentedKey } from './documented-keys.ts';
import { codesIn, findTableRows, readPage } from './pages.ts';
import { findSchemaKeys, parse } from './schema-keys.ts';

const REFERENCE = readPage('docs/configuration.md');
const PAGES = ['routing', 'balancing', 'health', 'http', 'headers', 'timeouts', 'retries'].map((name) =>
  readPage(`docs/${name}.md`),
);
const SCHEMA = findSchemaKeys();
/** Keys that are about no capability of these pages. */
const LEFT_TO_REFERENCE = new Set(['threads', 'listeners.address', 'listeners.spread']);

/** Keys of a route's timeouts that the schema knows only in order to say where they belong. */
function isRefusedOnRoutes(key: string): boolean {
  const name = key.replace(/^routes\.timeouts\./, '');
  return name !== key && 'errors' in parse(configWith(key, '1s'));
}

/** The config in which a key can be written: what must stand beside it, and the smallest config around. */
function surroundingsOf(key: string): Record<string, unknown> {
  const check = key.startsWith('pools.check.tcp') ? { tcp: {} } : { http: {} };
  return {
    listeners: { web: { address: '127.0.0.1:8080' } },
    routes: [{ pool: 'web', match: key.startsWith('routes.match.path.') ? { path: { regex: 'a' } } : {} }],
    pools: {
      web: { endpoints: [{ address: 'localhost:8081' }], ...(key.startsWith('pools.check.') ? { check } : {}) },
    },
  };
}

function configWith(key: string, value: unknown): Record<string, unknown> {
  const config = surroundingsOf(key);
  const names = key.split('.');
  let place = config;
  for (const name of names.slice(0, -1)) {
    const inner = (place[name] ??= {}) as Record<string, unknown> | Record<string, unknown>[];
    place = Array.isArray(inner) ? inner[0] : inner;
    if (place === config['pools'] || place === config['listeners']) place = place['web'] as Record<string, unknown>;
  }
  place[names[names.length - 1]] = value;
  return config;
}

/** `interval` as the default of another time means that time. */
function isValue({ key, byDefault }: DocumentedKey): boolean {
  const section = key.slice(0, key.lastIndexOf('.') + 1);
  return byDefault !== null && !SCHEMA.has(section + byDefault);
}

describe('docs/configuration.md', () => {
  it('documents no key that the schema does not know', () => {
    const unknown = findDocumentedKeys(REFERENCE).filter(({ key }) => !SCHEMA.has(key));
    assert.deepEqual(unknown, []);
  });

  it('documents every key of the schema', () => {
    const documented = new Set(findDocumentedKeys(REFERENCE).map(({ key }) => key));
    const missing = [...SCHEMA].filter((key) => !documented.has(key) && !key.startsWith('routes.timeouts.'));
    assert.deepEqual(missing, []);
  });

  it('lists the timeouts that a route may set', () => {
    const row = findTableRows(REFERENCE).find(
      ({ heading, cells }) => heading === 'Routes' && cells[0] === '`timeouts`',
    );
    const taken = [...SCHEMA].filter((key) => key.startsWith('routes.timeouts.') && !isRefusedOnRoutes(key));
    assert.deepEqual([...codesIn(row?.cells.at(-1) ?? '')].sort(), taken.map((key) => key.split('.')[2]).sort());
  });
});

describe('the pages about capabilities', () => {
  it('document no key that the schema does not know', () => {
    const unknown = PAGES.flatMap(findDocumentedKeys).filter(({ key }) => !SCHEMA.has(key));
    assert.deepEqual(unknown, []);
  });

  it('document every key but those that are left to the reference', () => {
    const documented = new Set(PAGES.flatMap(findDocumentedKeys).map(({ key }) => key));
    const leaves = [...SCHEMA].filter((key) => ![...SCHEMA].some((other) => other.startsWith(`${key}.`)));
    const missing = leaves.filter((key) => !documented.has(key) && !key.startsWith('routes.timeouts.'));
    assert.deepEqual(
      missing.filter((key) => !LEFT_TO_REFERENCE.has(key)),
      [],
    );
  });

  it('say which timeouts a route may set', () => {
    const rows = findTableRows(readPage('docs/timeouts.md')).filter(({ columns }) => columns.includes('route'));
    const said = rows.filter(({ cells }) => cells[2] === 'yes').map(({ cells }) => `routes.${codesIn(cells[0])[0]}`);
    const taken = [...SCHEMA].filter((key) => key.startsWith('routes.timeouts.') && !isRefusedOnRoutes(key));
    assert.deepEqual(said.sort(), taken.sort());
  });
});

describe('a documented default', () => {
  for (const documented of [REFERENCE, ...PAGES].flatMap(findDocumentedKeys).filter(isValue)) {
    const { key, byDefault, place } = documented;
    it(`changes nothing when it is written: ${key} ${byDefault} (${place})`, () => {
      const written = parse(configWith(key, parseYaml(byDefault ?? '')));
      assert.ok('config' in written, 'errors' in written ? JSON.stringify(written.errors) : '');
      assert.deepEqual(written, parse(surroundingsOf(key)));
    });
  }
});
