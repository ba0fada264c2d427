import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { RequestLine } from './request-line.ts';

const MAX_TARGET = 100;

function faultOf(text: string): Fault | null {
  const line = new RequestLine();
  assert.equal(line.parse(text, MAX_TARGET), line.fault === null);
  return line.fault;
}

test('method, target and version of every well-formed line are read as they are sent', () => {
  const method = fc.string({
    unit: fc.constantFrom(...Array.from("GETgetXx09!#$%&'*+-.^_`|~")),
    minLength: 1,
    maxLength: 32,
  });
  const path = fc.string({ unit: fc.constantFrom(...Array.from('aZ9/?%&=+.~"<>[]\\^`{|}:@!$\'()*,;')), maxLength: 60 });
  fc.assert(
    fc.property(method, path, fc.boolean(), (name, rest, isNew) => {
      fc.pre(name !== 'CONNECT' && name !== 'PRI');
      const line = new RequestLine();
      assert.equal(line.parse(`${name} /${rest} HTTP/1.${isNew ? 1 : 0}`, MAX_TARGET), true);
      assert.deepEqual([line.method, line.target, line.version], [name, `/${rest}`, isNew ? 11 : 10]);
    }),
  );
});

test('a URL becomes its path, and its host is taken apart', () => {
  const line = new RequestLine();
  for (const [url, target, port] of [
    ['http://A.example:81/x?y', '/x?y', 80],
    ['HTTPS://a.example', '/', 443],
    ['http://a.example?q', '/?q', 80],
    ['http://a.example//x', '//x', 80],
  ] as const) {
    assert.equal(line.parse(`GET ${url} HTTP/1.1`, MAX_TARGET), true, url);
    assert.deepEqual([line.target, line.authority?.host, line.defaultPort], [target, 'a.example', port]);
  }
  assert.equal(line.parse('OPTIONS http://a.example HTTP/1.1', MAX_TARGET), true);
  assert.equal(line.target, '*');
});

test('each malformed part of a request line has its own fault', () => {
  const cases: readonly (readonly [string, Fault | null])[] = [
    ['', FAULTS.badRequestLine],
    [' GET / HTTP/1.1', FAULTS.badRequestLine],
    ['GET', FAULTS.badMethod],
    ['GET\t/ HTTP/1.1', FAULTS.badMethod],
    ['G(T / HTTP/1.1', FAULTS.badMethod],
    [`${'A'.repeat(33)} / HTTP/1.1`, FAULTS.badMethod],
    ['PRI / HTTP/1.1', FAULTS.badMethod],
    ['GET  / HTTP/1.1', FAULTS.badRequestLine],
    ['GET /', FAULTS.badVersion],
    ['GET /a#b HTTP/1.1', FAULTS.badTarget],
    ['GET /\u00e4 HTTP/1.1', FAULTS.badTarget],
    ['GET /\u0000 HTTP/1.1', FAULTS.badTarget],
    ['GET * HTTP/1.1', FAULTS.badTarget],
    ['GET a HTTP/1.1', FAULTS.badTarget],
    ['GET ftp://a/ HTTP/1.1', FAULTS.badTarget],
    ['GET http://a@b/ HTTP/1.1', FAULTS.badTarget],
    ['GET http:/// HTTP/1.1', FAULTS.badTarget],
    ['OPTIONS * HTTP/1.1', null],
    ['GET / HTTP/1.1 ', FAULTS.badVersion],
    ['GET / http/1.1', FAULTS.badVersion],
    ['GET / HTTP/0.9', FAULTS.badVersion],
    ['GET / HTTP/1.2', FAULTS.unknownVersion],
    ['GET / HTTP/2.0', FAULTS.unknownVersion],
    ['PRI * HTTP/2.0', FAULTS.http2Preface],
    ['CONNECT a:443 HTTP/1.1', FAULTS.connectRefused],
    [`GET /${'a'.repeat(MAX_TARGET - 1)} HTTP/1.1`, null],
    [`GET /${'a'.repeat(MAX_TARGET)} HTTP/1.1`, FAULTS.targetTooLong],
  ];
  for (const [text, fault] of cases) assert.equal(faultOf(text), fault, JSON.stringify(text));
});
