/** The JSON Schema holds for every config that the parser takes, and sees the mistakes that people make. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import { buildConfig } from './build.ts';
import { configJsonSchema } from './json-schema.ts';
import { parseConfig } from './load.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Strict: a keyword that is none is an error, so no word of our own gets out. */
const AJV = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
const isValid = AJV.compile(configJsonSchema());

function findMistakes(text: string): string {
  isValid(parse(text));
  return AJV.errorsText(isValid.errors, { separator: '\n' });
}

/** Every place in which a value stands. */
function findHolders(value: unknown): readonly (readonly [object, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value, key] as const, ...findHolders(inner)]);
}

const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, 2.5, 404, 65_535, 'auto', 'on', 'off', '', 'a', '1', '7 ', '2xx', '200-299', '500ms'],
  ...['1.5 h', '64KiB', '10 MB', 'GET', 'get', 'm-search', 'tcp', 'http', 'random', 'connect', 'even', 'allow'],
  ...['client', 'web', '/a', '/a/*', '/', '/a b', '*.example.com', '[::1]', '[::1]:80', ':0', '*:8080', 'LOCALHOST:1'],
  ...['10.0.0.0/8', 'fd00::/8', 'FD00::1', 'websocket', 'a/b', {}, [], [1], ['a'], { present: true }, { a: 'b' }],
  ...[{ tcp: null }, { http: '/x' }, { http: null }, { address: 'a:1', weight: 0.5 }, { regex: 'a' }, ['tcp', 'http']],
  ...[['a:1'], { endpoints: 'a:1' }, { interval: '5s' }, [200, '3xx'], ['GET', 'x'], { connect: '1ms', total: false }],
];

function configsIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.includes('.expected.'))
    .map((name) => join(folder, name));
}

/** Those files whose text is a config of its own. */
function isConfig(path: string): boolean {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return 'config' in parseConfig(text, path);
}

interface DescribedMap {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

describe('the JSON Schema', () => {
  const files = configsIn('test/fixtures/config/valid').filter(isConfig);

  it('every fixture is checked against the JSON Schema', () => assert.ok(files.length > 20, String(files.length)));

  for (const file of files) {
    it(`the JSON Schema takes ${file}`, () =>
      assert.equal(findMistakes(readFileSync(join(ROOT, file), 'utf8')), 'No errors'));
  }

  it('the JSON Schema accepts environment variables where a value is not free text', () => {
    const text =
      'threads: ${THREADS:-auto}\ntimeouts: { connect: "${CONNECT}" }\nheaders: { via: "${VIA}" }\n' +
      'pools: { web: { endpoints: ["${HOST}:8081", "localhost:${PORT}"], policy: "${POLICY}" } }';
    assert.equal(findMistakes(text), 'No errors');
    assert.notEqual(findMistakes('pools: { web: ["localhost:8081"] }\nthreads: $THREADS'), 'No errors');
  });

  it('the JSON Schema takes a policy whose key comes from the defaults', () => {
    const text =
      'defaults: { policy: { hash: { key: header.x-user } } }\npools: { web: { endpoints: ["a:80"], policy: {} } }';
    assert.equal(findMistakes(text), 'No errors');
  });

  it('the JSON Schema takes whatever the parser takes', () => {
    const configs = files.map((file) => parse(readFileSync(join(ROOT, file), 'utf8')) as unknown);
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...configs), fc.nat(), fc.constantFrom(...ODD_VALUES), (config, place, value) => {
        const changed = structuredClone(config);
        const holders = findHolders(changed);
        const [holder, key] = holders[place % holders.length];
        Reflect.set(holder, key, structuredClone(value));
        if (Array.isArray(buildConfig(changed))) return;
        taken++;
        assert.ok(isValid(changed), `${JSON.stringify(changed)}: ${AJV.errorsText(isValid.errors)}`);
      }),
      { numRuns: 1500 },
    );
    assert.ok(taken > 50, String(taken));
  });

  it('the JSON Schema says of every key what it means', () => {
    const properties = Object.values(configJsonSchema()['$defs'] as Readonly<Record<string, DescribedMap>>);
    const described = properties.flatMap((map) => Object.entries(map.properties ?? {}));
    assert.ok(described.length > 70, String(described.length));
    assert.deepEqual(
      described.filter(([, { description }]) => description === undefined).map(([name]) => name),
      [],
    );
  });

  it('the JSON Schema has only keywords of JSON Schema', () => {
    const schema = JSON.stringify(configJsonSchema());
    for (const word of ['words', 'tsType', 'byDefault', 'sameAs', 'forms', 'hidden', 'tsKeys']) {
      assert.ok(!schema.includes(`"${word}":`), word);
    }
  });
});

/** A config, and a word that the schema's complaint has to hold. */
const MISTAKES: readonly (readonly [string, string])[] = [
  ['pools: {}', 'fewer than 1'],
  ['threads: 1', "required property 'pools'"],
  ['routes: []', 'fewer than 1'],
  ['pools: { web: [localhost] }', 'data/pools/web/0'],
  ['pools: { web: [] }\npols: {}', 'additional properties'],
  ['pools: { web: { policy: random } }', "required property 'endpoints'"],
  ['pools: { web: { endpoints: [localhost:8081], policy: least-conections } }', 'data/pools/web/policy'],
  ['pools: { web: { endpoints: [localhost:8081], polcy: random } }', 'additional properties'],
  ['pools: { web: { endpoints: [{ address: localhost:8081, weight: -1 }] } }', 'data/pools/web/endpoints/0/weight'],
  ['pools: { web: { endpoints: [localhost:8081], check: udp } }', 'data/pools/web/check'],
  ['pools: { web: { endpoints: [localhost:8081], check: { tcp: {}, interval: 5 } } }', 'data/pools/web/check/interval'],
  ['pools: { web: { endpoints: [localhost:8081], retry: { retryOn: [slow] } } }', 'data/pools/web/retry/retryOn/0'],
  ['pools: { web: { endpoints: [localhost:8081], timeouts: { drain: 5s } } }', 'additional properties'],
  ['pools: { "a b": [localhost:8081] }', 'property name must be valid'],
  ['pools: { web: [localhost:8081] }\nroutes: [{ match: { path: v1 }, pool: web }]', 'data/routes/0/match/path'],
  [
    'pools: { web: [localhost:8081] }\nroutes: [{ match: { query: { v: 2 } }, pool: web }]',
    'data/routes/0/match/query/v',
  ],
  ['pools: { web: [localhost:8081] }\nroutes: [{ match: {} }]', "required property 'pool'"],
  ['pools: { web: [localhost:8081] }\nroutes: [{ pool: web, maxBody: 10 }]', 'data/routes/0/maxBody'],
  ['pools: { web: [localhost:8081] }\ntimeouts: { connect: 5 }', 'data/timeouts/connect must be string'],
  ['pools: { web: [localhost:8081] }\ntimeouts: { connect: 5 seconds }', 'data/timeouts/connect must match pattern'],
  ['pools: { web: [localhost:8081] }\nlimits: { head: 16kib }', 'data/limits/head must match pattern'],
  ['pools: { web: [localhost:8081] }\nlimits: { headers: 0 }', 'data/limits/headers must be >= 1'],
  ['pools: { web: [localhost:8081] }\nheaders: { via: of }', 'data/headers/via must be equal to one of'],
  ['pools: { web: [localhost:8081] }\nlisteners: { web: 8080 }', 'data/listeners/web must be string'],
  ['pools: { web: [localhost:8081] }\nthreads: 2.5', 'data/threads must be integer'],
  ['pools: { web: [localhost:8081] }\ndefaults: { retry: { atempts: 2 } }', 'additional properties'],
];

describe('a mistake that the parser finds', () => {
  for (const [text, complaint] of MISTAKES) {
    it(`a mistake that the parser finds shows in an editor as well: ${text.replace('\n', ' ')}`, () => {
      assert.ok('errors' in parseConfig(text, 'a.yaml'));
      const said = findMistakes(text);
      assert.ok(said.includes(complaint), said);
    });
  }
});
