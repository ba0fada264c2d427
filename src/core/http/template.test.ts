import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileTemplate } from './template.ts';
import type { TemplatePlace, TemplateValues } from './template.ts';
import { VARIABLES, escapeTemplate, parseTemplate } from './template-text.ts';

const VALUES: TemplateValues = {
  clientIp: '10.0.0.1',
  clientPort: '4711',
  peerIp: '10.0.0.2',
  requestId: 'id-1',
  route: 'api',
  pool: 'web',
  listener: 'front',
  host: 'a.example',
  method: 'GET',
  scheme: 'https',
  target: '/a/b?q=1&r=%20+x',
  path: '/a/b',
  query: 'q=1&r=%20+x',
  tlsVersion: 'TLSv1.3',
  tlsServerName: 'a.example',
  time: '2026-11-28T22:00:00.000Z',
  lines: 'X-One: 1\r\nx-one:\t2 \r\nX-Empty:\r\nCookie: s=a"b; t=c\r\n',
  group: (name) => (name === '1' ? 'b%2Fc' : ''),
};

function written(source: string, place: TemplatePlace = 'header', values: Partial<TemplateValues> = {}): string {
  return compileTemplate(source, place).write({ ...VALUES, ...values });
}

describe('templates', () => {
  it('a template writes its text as it is, and a value in the place of each variable', () => {
    assert.equal(written('a {{b}} c'), 'a {b} c');
    assert.equal(written('{client.ip}:{client.port} via {peer.ip}'), '10.0.0.1:4711 via 10.0.0.2');
    assert.equal(
      written('{method} {scheme}://{host}{target} {path} {query}'),
      'GET https://a.example/a/b?q=1&r=%20+x /a/b q=1&r=%20+x',
    );
    assert.equal(
      written('{request.id} {route} {pool} {listener} {tls.version} {tls.serverName} {time}'),
      'id-1 api web front TLSv1.3 a.example 2026-11-28T22:00:00.000Z',
    );
    assert.equal(
      written('{header.X-One}|{header.x-empty}|{header.none}|{cookie.s}|{cookie.t}|{cookie.u}'),
      '1, 2|||a"b|c|',
    );
    assert.equal(written('{query.r}|{query.none}|{path.1}|{path.2}'), '  x||b%2Fc|');
    assert.equal(written(escapeTemplate('{a}')), '{a}');
  });

  it('a template knows whether it differs between requests that are alike', () => {
    assert.deepEqual(
      ['a', '{host}', '{time}', '{request.id}'].map((source) => {
        const { text, isPerRequest } = compileTemplate(source, 'header');
        return [text, isPerRequest];
      }),
      [
        ['a', false],
        [null, false],
        [null, true],
        [null, true],
      ],
    );
  });

  it('every variable that is listed is one', () => {
    for (const name of VARIABLES) assert.doesNotThrow(() => written(`{${name.replace('NAME', 'a')}}`), name);
  });

  it('a lone brace, an unknown variable and a name that cannot be are mistakes, and say which', () => {
    const faults = [
      'a{',
      '}',
      '{{}',
      '{a',
      '{}',
      '{Host}',
      '{header}',
      '{header.}',
      '{header.a b}',
      '{path.0}',
      '{path.100}',
      '{cookie.a=b}',
      '{query.}',
      '{user}',
    ];
    assert.deepEqual(
      faults.map((source) => {
        const parsed = parseTemplate(source);
        return 'kind' in parsed ? `${parsed.kind} ${parsed.text}` : 'none';
      }),
      [
        ...['lone-brace {', 'lone-brace }', 'lone-brace }', 'lone-brace {', 'unknown {}', 'unknown {Host}'],
        ...[
          'unknown {header}',
          'bad-name {header.}',
          'bad-name {header.a b}',
          'bad-name {path.0}',
          'bad-name {path.100}',
        ],
        ...['bad-name {cookie.a=b}', 'bad-name {query.}', 'unknown {user}'],
      ],
    );
  });

  it('a value in a header is escaped where it could end the line, and in no other place', () => {
    assert.equal(written('{header.x}', 'header', { lines: 'X: a\tb \xe9\r\n' }), 'a\tb \xe9');
    assert.equal(written('{query.x}', 'header', { target: '/?x=a%0d%0aB:%00%7f%C3%A9' }), 'a%0D%0AB:%00%7F\xc3\xa9');
  });

  it('a value in a path stays in its segment unless it is of the path itself', () => {
    assert.equal(
      written('/x/{query.a}/{header.b}', 'path', { target: '/?a=%2e%2e/%3f', lines: 'B: /%2F\r\n' }),
      '/x/..%2F%3F/%2F%252F',
    );
    assert.equal(written('/x{path}/{path.1}', 'path'), '/x/a/b/b%2Fc');
    assert.equal(written('/{path.1}0', 'path', { group: () => 'a%2' }), '/a%2520');
    assert.equal(written('/{query}', 'path', { query: 'a/../?b' }), '/a%2F..%2F%3Fb');
  });

  it('a value in a query stays in its parameter', () => {
    assert.equal(
      written('{query.a}{path.1}', 'query', { target: '/?a=%26+x', group: () => 'a&b=c#%41%+' }),
      '%26%20xa%26b%3Dc%23%41%25%2B',
    );
  });

  it('a value in a URL ends neither its path nor its host', () => {
    assert.equal(
      written('https://b.example{target}', 'location', { target: '/a?b="<>\\^`{|}' }),
      'https://b.example/a?b=%22%3C%3E%5C%5E%60%7B%7C%7D',
    );
    assert.equal(written('/x?u={host}&v={query.a}', 'location', { target: '/?a=b&c' }), '/x?u=a.example&v=b');
  });
});
