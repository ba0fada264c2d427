import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areTrailersValid } from './trailers.ts';

test('well-formed lines of headers that are not forbidden are valid trailers', () => {
  assert.equal(areTrailersValid(''), true);
  assert.equal(areTrailersValid('Expires: 0\r\ngrpc-status: 0\r\nServer-Timing: \r\n'), true);
});

test('a trailer that would change framing, routing or authentication is refused, in any case', () => {
  for (const name of ['Content-Length', 'transfer-encoding', 'HOST', 'Authorization', 'Cookie', 'X-Forwarded-Proto']) {
    assert.equal(areTrailersValid(`a: b\r\n${name}: x\r\n`), false, name);
  }
});

test('a forbidden trailer is refused with underscores in place of hyphens', () => {
  for (const name of ['Content_Length', 'x_forwarded_for', 'X-Forwarded_For', 'PROXY_AUTHORIZATION'])
    assert.equal(areTrailersValid(`${name}: x\r\n`), false, name);
});

test('a trailer whose name only begins like a forbidden one is valid', () => {
  for (const name of ['Content-Lengths', 'Hosts', 'X-Forwarded', 'Vias'])
    assert.equal(areTrailersValid(`${name}: x\r\n`), true, name);
});

test('malformed trailers are refused', () => {
  for (const lines of [
    'a',
    'a: b',
    'a: b\n',
    'a : b\r\n',
    ': b\r\n',
    ' a: b\r\n',
    'a: b\r\n c\r\n',
    'a: \u0001\r\n',
    '\r\n',
  ])
    assert.equal(areTrailersValid(lines), false, JSON.stringify(lines));
});

test('a hundred trailers are valid, and one more is refused', () => {
  assert.equal(areTrailersValid('a: b\r\n'.repeat(100)), true);
  assert.equal(areTrailersValid('a: b\r\n'.repeat(101)), false);
});
