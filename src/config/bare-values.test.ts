/** A cure for a bare value has to be right: written in its place, it is a config. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BARE_TITLES } from './bare-values.ts';
import type { SchemaNode } from './described.ts';
import { formatConfigErrors } from './errors.ts';
import { parseConfig } from './load.ts';
import { schemaTree } from './schema-tree.ts';

const POOLS = 'pools: { web: [localhost:8081] }';
const inPool = (line: string): string => `pools: { web: { endpoints: [localhost:8081], ${line} } }`;
const inRoute = (line: string): string => `routes: [{ pool: web, ${line} }]\n${POOLS}`;
const onTop = (line: string): string => `${line}\n${POOLS}`;

/** Values as people write them, by key, and where the key stands. */
const SLIPS: readonly (readonly [(line: string) => string, string, readonly string[]])[] = [
  [inPool, 'retry', ['1', '99', 'connect', '64KiB', 'fast', 'no', '0', '[3]']],
  [inPool, 'ejection', ['5', '503', '30s', 'always', 'none', '[3]']],
  [
    inPool,
    'check',
    ['/healthz', '/ready?full=1', 'http://localhost:8081/up', '8081', '5s', 'on', 'true', 'none', '3000000'],
  ],
  [(line) => inPool(`check: { ${line} }`), 'http', ['8081', 'true', '[/]']],
  [(line) => inPool(`check: { ${line} }`), 'tcp', ['8081', 'on']],
  [(line) => inPool(`check: { http: { ${line} } }`), 'headers', ['x-probe: 1', 'x-probe=1', 'x-probe'].map(quoted)],
  [inPool, 'breaker', ['5', '50%', '10s', 'on', 'true', 'none', 'fast']],
  [inPool, 'agent', ['9707', '5s', 'on']],
  [inPool, 'sticky', ['on', 'none', 'SERVERID', 'socketio', '12h', 'ip', 'source', '[cookie]']],
  [inPool, 'queue', ['200', '30s', 'none', 'long']],
  [inPool, 'timeouts', ['5s', '30', 'long']],
  [onTop, 'timeouts', ['500ms', '30', 'long']],
  [onTop, 'limits', ['16KiB', '10MB', 'none']],
  [onTop, 'memory', ['512MiB', 'auto']],
  [onTop, 'headers', ['off', 'on', '[via]']],
  [onTop, 'accessLog', ['stdout', 'warn', 'access.log', '/var/log/fairlead/access.log', '[json]']],
  [(line) => onTop(`accessLog: { ${line} }`), 'to', ['./logs/access.log']],
  [(line) => onTop(`accessLog: { to: { file: a.log, ${line} } }`), 'rotate', ['100MiB', 'daily', 'hourly', '7', 'on']],
  [
    (line) => `listeners: { web: { address: ":80", ${line} } }\n${POOLS}`,
    'proxyProtocol',
    ['on', '10.0.0.0/8', '192.0.2.1', 'none', '[10.0.0.0/8]'],
  ],
  [inPool, 'proxyProtocol', ['on', '2', 'v3', 'none', '[v2]']],
  [onTop, 'defaults', ['fast']],
  [onTop, 'listeners', ['8080', ':8080', '127.0.0.1:8080', '"*:8080"', '"[::1]:8080"', '[":80"]']],
  [onTop, 'routes', ['web']],
  [(line) => line, 'pools', ['localhost:8081', '127.0.0.1:8081', '"[::1]:8081"', '[localhost:8081]']],
  [inRoute, 'match', ['/x/*', '/', 'GET', '"*.example.com"', 'example.com', '[/x]']],
  [inRoute, 'accessLog', ['warn', 'all']],
  [inRoute, 'replacePrefix', ['/v1', 'v1']],
  [(line) => inRoute(`match: { ${line} }`), 'header', ['x-beta', 'x-beta=1', '"x-beta: 1"', '[a]']],
  [(line) => inRoute(`match: { ${line} }`), 'query', ['v', 'v=2']],
  [(line) => inRoute(`match: { ${line} }`), 'cookie', ['session', 'session=abc']],
];

function quoted(text: string): string {
  return JSON.stringify(text);
}

function errorsOf(text: string): readonly { readonly cure: string; readonly message: string }[] {
  const parsed = parseConfig(text, 'a.yaml');
  return 'errors' in parsed ? parsed.errors : [];
}

function titlesOf(node: SchemaNode): readonly string[] {
  const inner = [...Object.values(node.properties ?? {}), ...(node.anyOf ?? []), node.items, node.additionalProperties];
  const own = node.title === undefined ? [] : [node.title];
  return [...own, ...inner.flatMap((each) => (typeof each === 'object' ? titlesOf(each) : []))];
}

describe('a bare value where a map belongs', () => {
  for (const [write, key, values] of SLIPS) {
    it(`a bare value where a map belongs is answered with the map to write, which is accepted: ${write('').replaceAll('\n', ' ')} ${key}`, () => {
      for (const value of values) {
        const text = write(`${key}: ${value}`);
        const errors = errorsOf(text);
        assert.equal(errors.length, 1, `${text}: ${JSON.stringify(errors)}`);
        const cure = errors[0].cure;
        assert.doesNotMatch(cure, /map of keys and values\.$/, text);
        const written = new RegExp(`\\b(${key}: (?:\\{.*?\\}|\\[.*\\]|[^ ,]+?)(?: \\})*)(?=[.;,]|$)`).exec(cure)?.[1];
        assert.ok(written !== undefined, `${text}: ${cure}`);
        const mended = write(written);
        const parsed = parseConfig(mended, 'a.yaml');
        assert.ok('config' in parsed, `${mended}\n${'errors' in parsed ? formatConfigErrors(parsed.errors) : ''}`);
      }
    });
  }

  it('a bare value where a map belongs is on by itself where it says on', () => {
    for (const line of ['retry: on', 'retry: true', 'ejection: yes'])
      assert.match(errorsOf(inPool(line))[0].cure, /^Take it out: .* on until you write off\.$/);
  });

  it('a bare value where a map belongs is known of every map that has keys', () => {
    // A path that is no map is text, a target that is no map a word: they have messages of their own.
    const others = new Set(['Config', 'PathRegex', 'LogFile']);
    const titles = titlesOf(schemaTree()).filter((title) => !others.has(title));
    assert.ok(titles.length > 10);
    assert.deepEqual(
      titles.filter((title) => !BARE_TITLES.includes(title)),
      [],
    );
  });
});
