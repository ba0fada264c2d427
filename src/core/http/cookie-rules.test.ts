import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CookieRulesSpec } from '../rewriting-spec.ts';
import { CookieRules } from './cookie-rules.ts';

const NOTHING: CookieRulesSpec = { domain: [], path: [], sameSite: null, secure: null, httpOnly: null, only: ['*'] };

function rewritten(cookie: string, spec: Partial<CookieRulesSpec>): string {
  const lines = new CookieRules({ ...NOTHING, ...spec }).rewrite(`A: b\r\nset-cookie: ${cookie}\r\nSet-Cookie:z=1\r\n`);
  const found = /^A: b\r\nset-cookie: (.*)\r\nSet-Cookie:.*\r\n$/.exec(lines);
  assert.ok(found !== null, lines);
  return found[1];
}

describe('the cookies that servers set', () => {
  it('cookies pass as they came where nothing is to be changed of them', () => {
    const cookie = 'a="b; c" ;Path = /x;  Domain=.Other.example;Partitioned ; Max-Age=5';
    assert.equal(rewritten(cookie, { domain: [['origin.internal', 'b.example']], path: [['/y', '/z']] }), cookie);
    assert.equal(rewritten('a=b', { secure: true, only: ['c*', 'A'] }), 'a=b');
  });

  it('the domain of a cookie is replaced whole, in any case and with a dot in front, or taken out', () => {
    const domain = [
      ['origin.internal', 'b.example'],
      ['other.internal', ''],
    ] as const;
    assert.equal(rewritten('a=b; domain=.Origin.Internal; X', { domain }), 'a=b; domain=b.example; X');
    assert.equal(rewritten('a=b; Domain=other.internal; X=1', { domain }), 'a=b; X=1');
    assert.equal(rewritten('a=b; Domain=x.origin.internal', { domain }), 'a=b; Domain=x.origin.internal');
  });

  it('the path of a cookie is replaced from its front, on borders of segments, the longest first', () => {
    const path = [
      ['/', '/app/'],
      ['/old', '/new'],
    ] as const;
    assert.deepEqual(
      ['/', '/x', '/old', '/old/y', '/older'].map((each) => rewritten(`a=b; Path=${each}`, { path })),
      ['/app/', '/app/x', '/new', '/new/y', '/app/older'].map((each) => `a=b; Path=${each}`),
    );
  });

  it('SameSite, Secure and HttpOnly are written once, and SameSite=None brings Secure with it', () => {
    assert.equal(
      rewritten('a=b; samesite=Strict', { sameSite: 'None', httpOnly: true }),
      'a=b; Secure; HttpOnly; SameSite=None',
    );
    assert.equal(
      rewritten('a=b; SECURE; SameSite=Lax', { sameSite: 'Lax', secure: true }),
      'a=b; SECURE; SameSite=Lax',
    );
    assert.equal(rewritten('a=b; Secure; HttpOnly', { secure: false, httpOnly: false }), 'a=b');
  });

  it('a cookie keeps what its name promises, and stays as it came where a change would break that', () => {
    assert.equal(rewritten('__Host-a=b; Secure; Path=/', { path: [['/', '/app/']] }), '__Host-a=b; Secure; Path=/');
    assert.equal(rewritten('__Secure-a=b; Secure', { secure: false }), '__Secure-a=b; Secure');
    assert.equal(
      rewritten('__Host-a=b; Secure; Path=/', { sameSite: 'Lax' }),
      '__Host-a=b; Secure; Path=/; SameSite=Lax',
    );
  });
});
