/** What the pages say of keys and defaults is what the parser does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { fillTables } from '../../scripts/docs/key-tables.ts';
import { PACKAGE_ROOT, writeAll } from '../../scripts/docs/pages.ts';
import { listConfigKeys } from '../../src/config/config-keys.ts';
import { findDocumentedKeys, findMentionedKeys } from './documented-keys.ts';
import { readPage, readPages } from './pages.ts';
import { configWith, parse, surroundingsOf } from './placed-key.ts';
import { findSchemaKeys } from './schema-keys.ts';

const KEYS = listConfigKeys();
const KNOWN = new Set(KEYS.map(({ path }) => path));
/** What means elsewhere what it means there is documented there, under a key that says where. */
const OWN = KEYS.filter(({ sameAs }) => sameAs === null);
const REFERENCE = 'docs/configuration.md';
/** Keys that are about no capability of the other pages. */
const LEFT_TO_REFERENCE = new Set(['$schema', 'include', 'threads', 'listeners.*.address', 'listeners.*.spread']);

/** Names and places may stand in place of the `*`: `pools.web.endpoints[1].weight`. */
function isKnown(mentioned: string): boolean {
  const names = mentioned.replaceAll(/\[\d*\]/g, '.*').split('.');
  return KEYS.some(({ path }) => {
    const known = path.split('.');
    return known.length === names.length && known.every((name, index) => name === '*' || name === names[index]);
  });
}

const errorsOf = (parsed: ReturnType<typeof parse>): string =>
  'errors' in parsed ? JSON.stringify(parsed.errors) : '';

describe('the description of the config', () => {
  it('the description of the config has the keys that the parser knows, and no others', () => {
    const described = KEYS.map(({ path }) => path.replaceAll('.*', ''));
    assert.deepEqual(new Set(described), findSchemaKeys());
  });

  it('the description of the config covers each key', () => {
    assert.ok(KEYS.length > 100, String(KEYS.length));
    for (const { path, type, description, example } of KEYS) {
      assert.match(description, /^.{9,}\.$/, path);
      assert.notEqual(type, 'value', path);
      assert.notEqual(example, '', path);
    }
  });

  for (const { path, example } of KEYS) {
    // Names files that are not there.
    if (path === 'include') continue;
    it(`the description of the config gives an example of ${path} that can be written`, () => {
      const pools = path === 'routes' ? { pools: { api: ['localhost:8081'], web: ['localhost:8082'] } } : {};
      const parsed = parse({ ...configWith(path, parseYaml(example)), ...pools });
      assert.ok('config' in parsed, errorsOf(parsed));
    });
  }

  for (const { path, default: byDefault } of KEYS) {
    if (byDefault === null || path === 'listeners') continue;
    it(`the description of the config gives a default of ${path} that changes nothing when it is written`, () => {
      const parsed = parse(configWith(path, parseYaml(byDefault)));
      assert.ok('config' in parsed, errorsOf(parsed));
      const expected = parse(surroundingsOf(path));
      assert.ok('config' in expected, errorsOf(expected));
      // Where it was read differs by what was written.
      assert.deepEqual({ ...parsed, places: null }, { ...expected, places: null });
    });
  }
});

describe('what is written from the schema', () => {
  it('what is written from the schema is up to date; `npm run docs` writes it', async () => {
    for (const { path, text } of await writeAll()) {
      assert.equal(readFileSync(join(PACKAGE_ROOT, path), 'utf8'), text, `${path}: run npm run docs`);
    }
  });

  it('what is written from the schema takes no pattern that means no key, and no table without an end', () => {
    assert.throws(() => fillTables('<!-- keys: pools.*.polcy -->\n<!-- /keys -->\n'), /pools\.\*\.polcy/);
    assert.throws(() => fillTables('<!-- keys: pools -->\n'), /no <!-- \/keys -->/);
  });
});

describe('the documentation', () => {
  const pages = readPages();

  it('the documentation documents no key that does not exist', () => {
    const documented = pages.flatMap(findDocumentedKeys);
    assert.ok(documented.length > 100);
    assert.deepEqual(
      documented.filter(({ key }) => !KNOWN.has(key)),
      [],
    );
  });

  it('the documentation speaks of no key that does not exist', () => {
    const mentioned = pages.flatMap(findMentionedKeys);
    assert.ok(mentioned.length > 100);
    assert.deepEqual(
      mentioned.filter(({ key }) => !isKnown(key)),
      [],
    );
  });

  it('the documentation has every key in the reference', () => {
    const documented = new Set(findDocumentedKeys(readPage(REFERENCE)).map(({ key }) => key));
    assert.deepEqual(
      OWN.map(({ path }) => path).filter((path) => !documented.has(path)),
      [],
    );
  });

  it('the documentation has every key on the page of its capability, but those that are left to the reference', () => {
    const capabilities = pages.filter(({ path }) => path !== REFERENCE);
    const documented = new Set(capabilities.flatMap(findDocumentedKeys).map(({ key }) => key));
    const leaves = OWN.filter(({ path }) => !KEYS.some((other) => other.path.startsWith(`${path}.`)));
    const missing = leaves.map(({ path }) => path).filter((path) => !documented.has(path));
    assert.deepEqual(missing.sort(), [...LEFT_TO_REFERENCE].sort());
  });

  it('the documentation says which timeouts a pool and a route may not set', () => {
    const whole = KEYS.filter(({ path }) => /^timeouts\.\w+$/.test(path)).map(({ path }) => path.split('.')[1]);
    for (const owner of ['pools', 'routes']) {
      const refused = whole.filter((name) => !KNOWN.has(`${owner}.*.timeouts.${name}`));
      const sentence = refused
        .map((name) => `\`${name}\``)
        .join(', ')
        .replace(/, ([^,]*)$/, ' and $1');
      for (const name of refused) assert.ok('errors' in parse(configWith(`${owner}.*.timeouts.${name}`, '1s')), name);
      for (const page of [REFERENCE, 'docs/timeouts.md']) {
        const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
        assert.ok(text.includes(sentence), `${page}: ${sentence}`);
      }
    }
  });
});
