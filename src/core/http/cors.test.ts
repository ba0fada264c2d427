import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CorsSpec } from '../snapshot.ts';
import { Cors, normalOrigin } from './cors.ts';

const SPEC: CorsSpec = {
  origins: ['https://app.example', 'https://*.app.example', 'http://localhost:3000'],
  credentials: true,
  methods: ['GET', 'PUT'],
  anyHeader: false,
  headers: ['Content-Type', 'X-Token'],
  expose: ['ETag'],
  maxAgeSeconds: 600,
  refuse: false,
  upgrades: 'check',
};
const VARY = 'Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n';

function corsOf(fields: Partial<CorsSpec> = {}): Cors {
  return new Cors({ ...SPEC, ...fields });
}

describe('an origin', () => {
  for (const [origin, isAllowed] of [
    ['https://app.example', true],
    ['HTTPS://App.Example', true],
    ['https://app.example:443', true],
    ['https://app.example:8443', false],
    ['http://app.example', false],
    ['http://app.example:443', false],
    ['https://app.example.evil.example', false],
    ['https://notapp.example', false],
    ['https://a.app.example', true],
    ['https://a.b.app.example', true],
    ['https://.app.example', false],
    ['https://a..app.example', false],
    ['https://evil.example/.app.example', false],
    ['https://evil.example#.app.example', false],
    ['https://evil.example?x.app.example', false],
    ['https://user@a.app.example', false],
    ['https://a.app.example:8443', false],
    ['https://evil.example:1.app.example', false],
    ['http://localhost:3000', true],
    ['http://localhost', false],
    ['https://app.example/', false],
    ['https://app.example https://evil.example', false],
    ['https://app.example, https://evil.example', false],
    ['null', false],
    ['', false],
    ['*', false],
  ] as const)
    it(`an origin is compared as a whole: ${JSON.stringify(origin)} ${isAllowed ? 'is' : 'is not'} allowed`, () => {
      assert.equal(corsOf().allows(origin), isAllowed);
      assert.equal(corsOf().answerLines(origin).includes('Allow-Origin'), isAllowed);
    });

  it('the origin null is allowed where it is written, and nowhere else', () => {
    assert.equal(corsOf({ origins: ['null'] }).allows('null'), true);
    assert.equal(corsOf({ origins: ['https://*.null'] }).allows('null'), false);
  });

  it('an origin of other schemes and of an IPv6 address has its normal form', () => {
    assert.equal(normalOrigin('capacitor://localhost'), 'capacitor://localhost');
    assert.equal(normalOrigin('http://[::1]:80'), 'http://[::1]');
    assert.equal(normalOrigin('https://[::1]:80'), 'https://[::1]:80');
  });

  it('the host that is asked is not foreign to itself, by whichever scheme its page came', () => {
    const cors = corsOf();
    for (const [origin, authority, isForeign] of [
      ['https://api.example', 'api.example', false],
      ['http://api.example', 'API.example', false],
      ['https://api.example', 'api.example:443', false],
      ['http://api.example:8080', 'api.example:8080', false],
      ['https://api.example', 'api.example:8080', true],
      ['https://evil.example', 'api.example', true],
      ['null', '', true],
      ['null', 'null', true],
      ['', '', true],
      ['https://app.example', 'api.example', false],
    ] as const)
      assert.equal(cors.isForeign(origin, authority), isForeign, `${origin} at ${authority}`);
  });
});

describe('the header lines of CORS', () => {
  it('an answer names the origin that may read it, and varies by it even where none may', () => {
    assert.equal(
      corsOf().answerLines('https://App.example'),
      'Access-Control-Allow-Origin: https://App.example\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: ETag\r\nVary: Origin\r\n',
    );
    assert.equal(corsOf().answerLines('https://evil.example'), 'Vary: Origin\r\n');
    assert.equal(corsOf().answerLines(null), 'Vary: Origin\r\n');
  });

  it('an answer that any origin may read says so, whoever asks, and varies by nothing', () => {
    const cors = corsOf({ origins: 'any', credentials: false, expose: [] });
    for (const origin of [null, 'null', 'https://evil.example'])
      assert.equal(cors.answerLines(origin), 'Access-Control-Allow-Origin: *\r\n');
    assert.match(cors.preflightLines('https://evil.example', []), /^Access-Control-Allow-Origin: \*\r\n/);
  });

  it('a preflight is told methods, the headers that it asked for and may have, and how long that holds', () => {
    assert.equal(
      corsOf().preflightLines('https://app.example', ['content-type, x-evil', 'X-Token,content-type,, ']),
      `Access-Control-Allow-Origin: https://app.example\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: GET, PUT\r\nAccess-Control-Allow-Headers: content-type, x-token\r\nAccess-Control-Max-Age: 600\r\n${VARY}`,
    );
    assert.equal(corsOf().preflightLines('https://evil.example', ['content-type']), VARY);
    assert.equal(corsOf().preflightLines(null, []), VARY);
  });

  it('any header means every name that is one, but not Authorization, which has to be named', () => {
    const asked = ['authorization, x-a, b c, *, "x", x-a'];
    const lines = (headers: readonly string[]): string | undefined =>
      /Allow-Headers: (.*)\r\n/.exec(
        corsOf({ anyHeader: true, headers }).preflightLines('https://app.example', asked),
      )?.[1];
    assert.equal(lines([]), 'x-a');
    assert.equal(lines(['Authorization']), 'authorization, x-a');
  });
});
