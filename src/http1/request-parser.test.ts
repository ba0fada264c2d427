import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from '../http/head.ts';
import type { RequestHead } from '../http/head.ts';
import { RequestParser } from './request-parser.ts';

const LIMITS = { headBytes: 16384, headers: 100, targetBytes: 8192 };

/** A head from its lines; `Host: a` is the first header unless the lines bring their own way. */
function head(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function withHost(...lines: string[]): string {
  return head('GET / HTTP/1.1', 'Host: a', ...lines);
}

function parse(text: string): RequestHead {
  const parser = new RequestParser(LIMITS);
  const parsed = parser.parse(text);
  assert.notEqual(parsed, null, `refused with ${parser.fault?.code}`);
  assert.equal(parser.fault, null);
  return parsed as RequestHead;
}

function faultOf(text: string): Fault | null {
  const parser = new RequestParser(LIMITS);
  assert.equal(parser.parse(text), null);
  return parser.fault;
}

const REFUSED: readonly (readonly [why: string, text: string, fault: Fault])[] = [
  // ——— request line
  ['nothing at all', head(''), FAULTS.badRequestLine],
  ['an empty line in front', head('', 'GET / HTTP/1.1', 'Host: a'), FAULTS.badRequestLine],
  ['a blank in front', head(' GET / HTTP/1.1', 'Host: a'), FAULTS.badRequestLine],
  ['two blanks before the target', head('GET  / HTTP/1.1', 'Host: a'), FAULTS.badRequestLine],
  ['a tab after the method', head('GET\t/ HTTP/1.1', 'Host: a'), FAULTS.badMethod],
  ['a parenthesis in the method', head('G(T / HTTP/1.1', 'Host: a'), FAULTS.badMethod],
  ['a method of 33 characters', head(`${'M'.repeat(33)} / HTTP/1.1`, 'Host: a'), FAULTS.badMethod],
  ['a method alone', head('GET', 'Host: a'), FAULTS.badMethod],
  ['CONNECT', head('CONNECT a:443 HTTP/1.1', 'Host: a:443'), FAULTS.connectRefused],
  ['PRI with HTTP/1.1', head('PRI / HTTP/1.1', 'Host: a'), FAULTS.badMethod],
  ['the HTTP/2 preface', head('PRI * HTTP/2.0'), FAULTS.http2Preface],
  ['HTTP/0.9', head('GET /'), FAULTS.badVersion],
  ['HTTP/0.9 by name', head('GET / HTTP/0.9', 'Host: a'), FAULTS.badVersion],
  ['a version in lower case', head('GET / http/1.1', 'Host: a'), FAULTS.badVersion],
  ['a version of two digits', head('GET / HTTP/1.10', 'Host: a'), FAULTS.badVersion],
  ['a version without a minor', head('GET / HTTP/1', 'Host: a'), FAULTS.badVersion],
  ['another protocol', head('GET / ICE/1.0', 'Host: a'), FAULTS.badVersion],
  ['a blank after the version', head('GET / HTTP/1.1 ', 'Host: a'), FAULTS.badVersion],
  ['two blanks before the version', head('GET /  HTTP/1.1', 'Host: a'), FAULTS.badVersion],
  ['a blank in the target', head('GET /a b HTTP/1.1', 'Host: a'), FAULTS.badVersion],
  ['HTTP/1.2', head('GET / HTTP/1.2', 'Host: a'), FAULTS.unknownVersion],
  ['HTTP/2.0', head('GET / HTTP/2.0', 'Host: a'), FAULTS.unknownVersion],
  ['HTTP/3.0', head('GET / HTTP/3.0', 'Host: a'), FAULTS.unknownVersion],
  ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', FAULTS.badVersion],
  ['a bare CR in the request line', 'GET / HTTP/1.1\rHost: a\r\n\r\n', FAULTS.badRequestLine],
  // ——— target
  ['a fragment', head('GET /a#b HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['a NUL in the target', head('GET /a\0b HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['DEL in the target', head('GET /a\x7fb HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['a tab in the target', head('GET /a\tb HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an 8-bit character in the target', head('GET /\xe9 HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['a target without a slash', head('GET a HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an authority as target', head('GET a:80 HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['* for anything but OPTIONS', head('GET * HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['*/ for OPTIONS', head('OPTIONS */ HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['a scheme we do not speak', head('GET ftp://a/ HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an absolute form without a host', head('GET http:///x HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an absolute form with userinfo', head('GET http://u:p@a/ HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an absolute form with a bad port', head('GET http://a:x/ HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an absolute form with a backslash', head('GET http://a\\b/ HTTP/1.1', 'Host: a'), FAULTS.badTarget],
  ['an absolute form of another host', head('GET http://b/ HTTP/1.1', 'Host: a'), FAULTS.badHost],
  ['an absolute form of another port', head('GET http://a:81/ HTTP/1.1', 'Host: a'), FAULTS.badHost],
  ['an absolute form whose scheme means another port', head('GET https://a/ HTTP/1.1', 'Host: a:80'), FAULTS.badHost],
  ['an absolute form, no Host', head('GET http://a/ HTTP/1.1'), FAULTS.badHost],
  ['a target over the limit', head(`GET /${'x'.repeat(8192)} HTTP/1.1`, 'Host: a'), FAULTS.targetTooLong],
  // ——— header lines
  ['a line without a colon', withHost('foo'), FAULTS.badHeader],
  ['an empty name', withHost(': x'), FAULTS.badHeader],
  ['a blank before the colon', withHost('X : y'), FAULTS.badHeader],
  ['a tab before the colon', withHost('X\t: y'), FAULTS.badHeader],
  ['a blank before the colon of Content-Length', withHost('Content-Length : 5'), FAULTS.badHeader],
  ['a blank before the colon of Host', head('GET / HTTP/1.1', 'Host : a'), FAULTS.badHeader],
  ['a folded line', withHost('X: y', ' z'), FAULTS.badHeader],
  ['a folded line of Connection', withHost('Connection: close,', '\tx'), FAULTS.badHeader],
  ['a folded line behind the request line', head('GET / HTTP/1.1', ' X: y', 'Host: a'), FAULTS.badHeader],
  ['a bare CR in a value', withHost('X: a\rb'), FAULTS.badHeader],
  ['a bare CR in Host', head('GET / HTTP/1.1', 'Host: a\rb'), FAULTS.badHeader],
  ['a bare LF in a value', withHost('X: a\nb'), FAULTS.badHeader],
  ['a bare LF that makes a line', withHost('X: a\nTransfer-Encoding: chunked'), FAULTS.badHeader],
  ['CR CR LF', withHost('X: a\r'), FAULTS.badHeader],
  ['a NUL in a value', withHost('X: a\0b'), FAULTS.badHeader],
  ['a bell in a value', withHost('X: a\x07b'), FAULTS.badHeader],
  ['DEL in a value', withHost('X: a\x7fb'), FAULTS.badHeader],
  ['a CR for the hyphen of a name', withHost('Transfer\rEncoding: chunked'), FAULTS.badHeader],
  ['a control character for the digit of a name', withHost('HTTP\x12-Settings: x'), FAULTS.badHeader],
  ['a NUL in a name', withHost('X\0: a'), FAULTS.badHeader],
  ['a slash in a name', withHost('X/Y: a'), FAULTS.badHeader],
  ['an 8-bit character in a name', withHost('X\xe9: a'), FAULTS.badHeader],
  ['a bracket in a name', withHost('X[0]: a'), FAULTS.badHeader],
  ['a second empty line', withHost('X: y', '', 'Z: a'), FAULTS.badHeader],
  ['a bad line behind many good ones', withHost(...Array<string>(40).fill('X: y'), 'X y'), FAULTS.badHeader],
  ['101 header lines', withHost(...Array<string>(100).fill('X: y')), FAULTS.headTooLarge],
  ['a head over the limit', withHost(`X: ${'y'.repeat(16384)}`), FAULTS.headTooLarge],
  // ——— Host
  ['no Host in HTTP/1.1', head('GET / HTTP/1.1'), FAULTS.badHost],
  ['an empty Host', head('GET / HTTP/1.1', 'Host:'), FAULTS.badHost],
  ['an empty Host in HTTP/1.0', head('GET / HTTP/1.0', 'Host: '), FAULTS.badHost],
  ['a second Host', withHost('Host: a'), FAULTS.badHost],
  ['a second Host in other letters', withHost('hOST: b'), FAULTS.badHost],
  ['userinfo in Host', head('GET / HTTP/1.1', 'Host: u@a'), FAULTS.badHost],
  ['a path in Host', head('GET / HTTP/1.1', 'Host: a/b'), FAULTS.badHost],
  ['a comma in Host', head('GET / HTTP/1.1', 'Host: a, b'), FAULTS.badHost],
  ['a port that is no number', head('GET / HTTP/1.1', 'Host: a:8o'), FAULTS.badHost],
  ['two ports', head('GET / HTTP/1.1', 'Host: a:80:81'), FAULTS.badHost],
  ['a port above 65535', head('GET / HTTP/1.1', 'Host: a:65536'), FAULTS.badHost],
  ['a port alone', head('GET / HTTP/1.1', 'Host: :80'), FAULTS.badHost],
  ['a blank in Host', head('GET / HTTP/1.1', 'Host: a b'), FAULTS.badHost],
  ['an 8-bit character in Host', head('GET / HTTP/1.1', 'Host: \xe9'), FAULTS.badHost],
  ['a non-breaking blank around Host', head('GET / HTTP/1.1', 'Host: \xa0a'), FAULTS.badHost],
  ['an escape in Host', head('GET / HTTP/1.1', 'Host: %61'), FAULTS.badHost],
  ['an empty label', head('GET / HTTP/1.1', 'Host: a..b'), FAULTS.badHost],
  ['nothing but a dot', head('GET / HTTP/1.1', 'Host: .'), FAULTS.badHost],
  ['an IPv6 address without brackets', head('GET / HTTP/1.1', 'Host: ::1'), FAULTS.badHost],
  ['an IPv6 address with a zone', head('GET / HTTP/1.1', 'Host: [fe80::1%25eth0]'), FAULTS.badHost],
  ['brackets around a name', head('GET / HTTP/1.1', 'Host: [abc]'), FAULTS.badHost],
  ['a Host of 256 characters', head('GET / HTTP/1.1', `Host: ${'a'.repeat(256)}`), FAULTS.badHost],
  // ——— framing
  ['two lengths', withHost('Content-Length: 5', 'Content-Length: 6'), FAULTS.badContentLength],
  ['the same length twice', withHost('Content-Length: 5', 'content-length: 5'), FAULTS.badContentLength],
  ['a list of lengths', withHost('Content-Length: 5, 5'), FAULTS.badContentLength],
  ['an empty length', withHost('Content-Length:'), FAULTS.badContentLength],
  ['a length with a plus', withHost('Content-Length: +5'), FAULTS.badContentLength],
  ['a length with a minus', withHost('Content-Length: -5'), FAULTS.badContentLength],
  ['a hexadecimal length', withHost('Content-Length: 0x5'), FAULTS.badContentLength],
  ['a length with an exponent', withHost('Content-Length: 1e3'), FAULTS.badContentLength],
  ['a length with a fraction', withHost('Content-Length: 5.0'), FAULTS.badContentLength],
  ['a length with a blank within', withHost('Content-Length: 5 0'), FAULTS.badContentLength],
  ['a length of digits that are not ASCII', withHost('Content-Length: \xb2'), FAULTS.badContentLength],
  ['a length of 2^53', withHost('Content-Length: 9007199254740992'), FAULTS.badContentLength],
  ['a length of 2^64', withHost('Content-Length: 18446744073709551616'), FAULTS.badContentLength],
  [
    'Content-Length and Transfer-Encoding',
    withHost('Content-Length: 5', 'Transfer-Encoding: chunked'),
    FAULTS.badTransferEncoding,
  ],
  [
    'Transfer-Encoding and Content-Length',
    withHost('Transfer-Encoding: chunked', 'Content-Length: 0'),
    FAULTS.badTransferEncoding,
  ],
  ['a tab behind chunked', withHost('Transfer-Encoding: chunked\t'), FAULTS.badTransferEncoding],
  ['a tab before chunked', withHost('Transfer-Encoding:\tchunked'), FAULTS.badTransferEncoding],
  ['a tab behind a length', withHost('Content-Length: 5\t'), FAULTS.badContentLength],
  ['an empty Transfer-Encoding', withHost('Transfer-Encoding:'), FAULTS.badTransferEncoding],
  [
    'Transfer-Encoding twice',
    withHost('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
    FAULTS.badTransferEncoding,
  ],
  [
    'a coding over two lines',
    withHost('Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'),
    FAULTS.badTransferEncoding,
  ],
  ['chunked twice', withHost('Transfer-Encoding: chunked, chunked'), FAULTS.badTransferEncoding],
  ['chunked not last', withHost('Transfer-Encoding: chunked, gzip'), FAULTS.badTransferEncoding],
  ['gzip alone', withHost('Transfer-Encoding: gzip'), FAULTS.badTransferEncoding],
  ['identity', withHost('Transfer-Encoding: identity'), FAULTS.badTransferEncoding],
  ['a parameter of chunked', withHost('Transfer-Encoding: chunked;q=1'), FAULTS.badTransferEncoding],
  ['quotes around chunked', withHost('Transfer-Encoding: "chunked"'), FAULTS.badTransferEncoding],
  ['an empty element before chunked', withHost('Transfer-Encoding: , chunked'), FAULTS.badTransferEncoding],
  ['an empty element after chunked', withHost('Transfer-Encoding: chunked,'), FAULTS.badTransferEncoding],
  ['xchunked', withHost('Transfer-Encoding: xchunked'), FAULTS.badTransferEncoding],
  ['a vertical tab before chunked', withHost('Transfer-Encoding: \x0bchunked'), FAULTS.badHeader],
  ['a non-breaking blank before chunked', withHost('Transfer-Encoding: \xa0chunked'), FAULTS.badTransferEncoding],
  ['a malformed coding before chunked', withHost('Transfer-Encoding: a b, chunked'), FAULTS.badTransferEncoding],
  [
    'Transfer-Encoding in HTTP/1.0',
    head('GET / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked'),
    FAULTS.badTransferEncoding,
  ],
  ['a coding we do not know', withHost('Transfer-Encoding: gzip, chunked'), FAULTS.unknownCoding],
  ['a coding with a parameter', withHost('Transfer-Encoding: x;a="b", chunked'), FAULTS.unknownCoding],
  // ——— Connection, Expect, Upgrade
  ['a Connection that is no list of tokens', withHost('Connection: close x'), FAULTS.badConnection],
  ['a quoted Connection', withHost('Connection: "close"'), FAULTS.badConnection],
  ['an expectation we do not know', withHost('Expect: 200-ok'), FAULTS.expectationFailed],
  ['an empty Expect', withHost('Expect:'), FAULTS.expectationFailed],
  ['two expectations', withHost('Expect: 100-continue, x'), FAULTS.expectationFailed],
  ['an Upgrade that is no protocol', withHost('Connection: upgrade', 'Upgrade: a b'), FAULTS.badUpgrade],
  ['an empty Upgrade', withHost('Connection: upgrade', 'Upgrade:'), FAULTS.badUpgrade],
  [
    'a WebSocket handshake by POST',
    head('POST / HTTP/1.1', 'Host: a', 'Connection: upgrade', 'Upgrade: websocket'),
    FAULTS.badUpgrade,
  ],
  [
    'a WebSocket handshake with a body',
    withHost('Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 5'),
    FAULTS.badUpgrade,
  ],
  [
    'a WebSocket handshake in chunks',
    withHost('Connection: upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked'),
    FAULTS.badUpgrade,
  ],
];

describe('RequestParser refuses', () => {
  for (const [why, text, fault] of REFUSED) {
    it(`RequestParser refuses ${why} with ${fault.status} ${fault.code}`, () => {
      assert.equal(faultOf(text)?.code, fault.code);
    });
  }

  it('RequestParser refuses text that does not end with an empty line', () => {
    assert.equal(faultOf('GET / HTTP/1.1\r\nHost: a\r\n')?.status, 400);
    assert.equal(faultOf('GET / HTTP/1.1')?.status, 400);
    assert.equal(faultOf('')?.status, 400);
  });

  it('RequestParser refuses the same bad head again and again', () => {
    const parser = new RequestParser(LIMITS);
    for (let time = 0; time < 3; time++) assert.equal(parser.parse(withHost('X y')), null);
    for (let time = 0; time < 3; time++) assert.equal(parser.parse('\r\n\r\n'), null);
  });
});

describe('RequestParser reads', () => {
  it('RequestParser reads the request line and passes the other headers as they came', () => {
    const read = parse(head('GET /a?b HTTP/1.1', 'Host: A.example:8080', 'X-A:1', 'x-b:  2 ', 'Cookie: c=d'));
    assert.equal(read.method, 'GET');
    assert.equal(read.target, '/a?b');
    assert.equal(read.version, 11);
    assert.equal(read.authority, 'A.example:8080');
    assert.equal(read.host, 'a.example');
    assert.equal(read.lines, 'X-A:1\r\nx-b:  2 \r\nCookie: c=d\r\n');
    assert.equal(read.bodyKind, BODY_NONE);
    assert.equal(read.keepAlive, true);
  });

  it('RequestParser reads methods it has never heard of', () => {
    assert.equal(parse(head('FROBNICATE / HTTP/1.1', 'Host: a')).method, 'FROBNICATE');
    assert.equal(parse(head(`${'M'.repeat(32)} / HTTP/1.1`, 'Host: a')).method.length, 32);
  });

  it('RequestParser reads empty values, obs-text and tabs in values', () => {
    assert.equal(parse(withHost('X:', 'Y: \xe9\t\xff')).lines, 'X:\r\nY: \xe9\t\xff\r\n');
  });

  it('RequestParser reads as many headers, and as long a target, as the limits allow, and no more', () => {
    parse(withHost(...Array<string>(99).fill('X: y')));
    parse(head(`GET /${'x'.repeat(8191)} HTTP/1.1`, 'Host: a'));
  });

  it('RequestParser reads Host in its normal form, and as it came', () => {
    for (const [text, host] of [
      ['EXAMPLE.com.', 'example.com'],
      ['a:', 'a'],
      ['127.0.0.1:80', '127.0.0.1'],
      ['[2001:DB8::1]:8080', '[2001:db8::1]'],
      ['my_host~1', 'my_host~1'],
    ]) {
      const read = parse(head('GET / HTTP/1.1', `Host: ${text}`));
      assert.equal(read.host, host);
      assert.equal(read.authority, text);
    }
  });

  it('RequestParser reads HTTP/1.0 without a Host', () => {
    const read = parse(head('GET / HTTP/1.0'));
    assert.equal(read.host, '');
    assert.equal(read.authority, '');
    assert.equal(read.keepAlive, false);
    assert.equal(parse(head('GET / HTTP/1.0', 'Connection: Keep-Alive')).keepAlive, true);
  });

  it('RequestParser reads an absolute form as its origin form', () => {
    for (const [target, host, reduced] of [
      ['http://a/b?c', 'a', '/b?c'],
      ['HTTP://A:80/b', 'a', '/b'],
      ['http://a', 'a.', '/'],
      ['http://a?b', 'a', '/?b'],
      ['https://a/b', 'a:443', '/b'],
      ['http://a//b', 'A', '//b'],
    ]) {
      assert.equal(parse(head(`GET ${target} HTTP/1.1`, `Host: ${host}`)).target, reduced);
    }
    const old = parse(head('GET http://A:81/ HTTP/1.0'));
    assert.equal(old.host, 'a');
    assert.equal(old.authority, 'A:81');
  });

  it('RequestParser reads OPTIONS for the whole server', () => {
    assert.equal(parse(head('OPTIONS * HTTP/1.1', 'Host: a')).target, '*');
    assert.equal(parse(head('OPTIONS http://a HTTP/1.1', 'Host: a')).target, '*');
    assert.equal(parse(head('OPTIONS http://a/ HTTP/1.1', 'Host: a')).target, '/');
  });

  it('RequestParser reads a body by length, whatever the method', () => {
    const read = parse(withHost('Content-Length: 17 '));
    assert.equal(read.bodyKind, BODY_LENGTH);
    assert.equal(read.contentLength, 17);
    assert.equal(read.lines, 'Content-Length: 17 \r\n');
    assert.equal(parse(withHost('Content-Length: 9007199254740991')).contentLength, Number.MAX_SAFE_INTEGER);
  });

  it('RequestParser reads a length with leading zeros, and writes it anew', () => {
    const read = parse(withHost('Content-Length: 010', 'X: y'));
    assert.equal(read.contentLength, 10);
    assert.equal(read.lines, 'X: y\r\nContent-Length: 10\r\n');
  });

  it('RequestParser reads a body in chunks, and takes the line out', () => {
    const read = parse(withHost('Transfer-Encoding: Chunked', 'Trailer: x'));
    assert.equal(read.bodyKind, BODY_CHUNKED);
    assert.equal(read.contentLength, 0);
    assert.equal(read.lines, 'Trailer: x\r\n');
  });

  it('RequestParser reads Expect where a body follows', () => {
    assert.equal(parse(withHost('Expect: 100-Continue', 'Content-Length: 5')).expectsContinue, true);
    assert.equal(parse(withHost('Expect: 100-continue')).expectsContinue, false);
    assert.equal(parse(withHost('Expect: 100-continue')).lines, '');
    const old = parse(head('POST / HTTP/1.0', 'Expect: 100-continue', 'Content-Length: 5'));
    assert.equal(old.expectsContinue, false);
  });

  it('RequestParser takes hop-by-hop headers out of the head', () => {
    const read = parse(
      withHost(
        'Connection: keep-alive, X-Own , TE,',
        'Keep-Alive: timeout=5',
        'x-own: 1',
        'X-Own-Not: 2',
        'Proxy-Connection: close',
        'Proxy-Authorization: Basic x',
        'TE: gzip, trailers',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
        'X: y',
      ),
    );
    assert.equal(read.lines, 'X-Own-Not: 2\r\nX: y\r\n');
    assert.equal(read.acceptsTrailers, true);
    assert.equal(read.keepAlive, true);
  });

  it('RequestParser takes out what Connection names over several lines, before or after that header', () => {
    const read = parse(withHost('A: 1', 'Connection: a', 'B: 2', 'Connection: b, close', 'C: 3', 'a: 4'));
    assert.equal(read.lines, 'C: 3\r\n');
    assert.equal(read.keepAlive, false);
  });

  it('RequestParser keeps protected headers that Connection names', () => {
    const read = parse(
      withHost(
        'Connection: host, content-length, transfer-encoding, authorization, cookie, via, forwarded',
        'Connection: x-forwarded-for, X-Forwarded-Prefix',
        'Content-Length: 5',
        'Authorization: x',
        'Cookie: a=b',
        'Via: 1.1 x',
        'X-Forwarded-For: 1.2.3.4',
        'X-Forwarded-Prefix: /p',
        'Forwarded: for=1.2.3.4',
      ),
    );
    assert.equal(read.lines, 'Content-Length: 5\r\nAuthorization: x\r\nCookie: a=b\r\nVia: 1.1 x\r\n');
    assert.equal(read.forwardedOthers, 'X-Forwarded-Prefix: /p\r\n');
    assert.equal(read.host, 'a');
    assert.equal(read.contentLength, 5);
    assert.equal(read.forwardedFor, '1.2.3.4');
    assert.equal(read.forwarded, 'for=1.2.3.4');
  });

  it('RequestParser takes close for stronger than keep-alive', () => {
    assert.equal(parse(withHost('Connection: keep-alive', 'Connection: close')).keepAlive, false);
    assert.equal(parse(head('GET / HTTP/1.0', 'Connection: close, keep-alive')).keepAlive, false);
  });

  it("RequestParser reads other proxies' headers into fields, several lines joined", () => {
    const read = parse(
      withHost(
        'X-Forwarded-For: 1.1.1.1',
        'x-forwarded-for: 2.2.2.2',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: b',
        'X-Forwarded-Port: 444',
        'Forwarded:',
        'Forwarded: for=_a',
        'Forwarded: for=_b',
        'X-Forwarded-Else: x',
      ),
    );
    assert.equal(read.forwardedFor, '1.1.1.1, 2.2.2.2');
    assert.equal(read.forwardedProto, 'https');
    assert.equal(read.forwardedHost, 'b');
    assert.equal(read.forwardedPort, '444');
    assert.equal(read.forwarded, 'for=_a, for=_b');
    assert.equal(read.forwardedOthers, 'X-Forwarded-Else: x\r\n');
    assert.equal(read.lines, '');
  });

  it('RequestParser passes nothing that says of a client what certificate it has shown', () => {
    const read = parse(
      withHost(
        'Client-Cert: :MIIB:',
        'X-Forwarded-Tls-Client-Cert: MIIB',
        'client-cert-chain: :MIIB:, :MIIC:',
        'X-FORWARDED-TLS-CLIENT-CERT-INFO: Subject="CN=root"',
        'Client-Certs: 1',
        'Client-Cert-Chains: 2',
        'Client_Cert: :MIIB:',
        'X-Forwarded-Tls: 3',
      ),
    );
    assert.equal(read.lines, 'Client-Certs: 1\r\nClient-Cert-Chains: 2\r\n');
    assert.equal(read.forwardedOthers, 'X-Forwarded-Tls: 3\r\n');
  });

  it('RequestParser passes no header that would be one of ours with hyphens, unless it is told to', () => {
    const text = withHost(
      'X_Forwarded_For: 1',
      'x-forwarded_b: 2',
      'Content_Length: 3',
      'X_Own: 4',
      'Host_: 5',
      '_: 6',
    );
    assert.equal(parse(text).lines, 'X_Own: 4\r\nHost_: 5\r\n_: 6\r\n');
    const kept = new RequestParser(LIMITS, true).parse(text);
    assert.ok(kept?.lines.startsWith('X_Forwarded_For: 1\r\nx-forwarded_b: 2\r\nContent_Length: 3\r\nX_Own: 4\r\n'));
    assert.equal(kept?.contentLength, 0);
  });

  it('RequestParser reads a request id where there is exactly one and it is valid', () => {
    assert.equal(parse(withHost('X-Request-Id: a-b_c/9=')).requestId, 'a-b_c/9=');
    assert.equal(parse(withHost('X-Request-Id: a b')).requestId, '');
    assert.equal(parse(withHost(`X-Request-Id: ${'a'.repeat(129)}`)).requestId, '');
    assert.equal(parse(withHost('X-Request-Id: a', 'X-Request-Id: a')).requestId, '');
    assert.equal(parse(withHost('X-Request-Id: a', 'Connection: x-request-id')).requestId, '');
    assert.equal(parse(withHost('X-Request-Id: a b')).lines, '');
  });

  it('RequestParser reads an upgrade that Connection confirms, and ignores what could not happen', () => {
    assert.equal(parse(withHost('Connection: Upgrade', 'Upgrade: WebSocket')).upgrade, 'websocket');
    assert.equal(
      parse(withHost('Connection: Upgrade', 'Upgrade: WebSocket', 'Content-Length: 0')).upgrade,
      'websocket',
    );
    assert.equal(parse(withHost('Upgrade: websocket')).upgrade, '');
    assert.equal(parse(withHost('Connection: upgrade')).upgrade, '');
    assert.equal(parse(withHost('Connection: upgrade, http2-settings', 'Upgrade: h2c')).upgrade, '');
    assert.equal(parse(withHost('Connection: upgrade', 'Upgrade: h2c, websocket')).upgrade, '');
    assert.equal(parse(withHost('Connection: upgrade', 'Upgrade: a', 'Upgrade: b')).upgrade, '');
    assert.equal(parse(withHost('Connection: upgrade', 'Upgrade: TLS/1.3', 'Content-Length: 5')).upgrade, '');
    assert.equal(parse(head('GET / HTTP/1.0', 'Connection: upgrade', 'Upgrade: websocket')).upgrade, '');
  });
});

describe('RequestParser remembers', () => {
  it('RequestParser remembers the last head, and returns the same object for the same text', () => {
    const parser = new RequestParser(LIMITS);
    const first = parser.parse(withHost('X: y'));
    assert.equal(parser.parse(withHost('X: y')), first);
    assert.notEqual(parser.parse(withHost('X: z')), first);
  });

  it('RequestParser remembers header block and request line each on their own, and checks them against each other', () => {
    const parser = new RequestParser(LIMITS);
    const first = parser.parse(head('GET /a HTTP/1.1', 'Host: a', 'X: y')) as RequestHead;
    const second = parser.parse(head('PUT /b HTTP/1.1', 'Host: a', 'X: y')) as RequestHead;
    assert.equal(first.target, '/a');
    assert.equal(second.target, '/b');
    assert.equal(second.method, 'PUT');
    assert.equal(second.lines, first.lines);
    assert.equal(parser.parse(head('PUT http://b/b HTTP/1.1', 'Host: a', 'X: y')), null);
    assert.equal(parser.fault, FAULTS.badHost);
  });

  it('RequestParser remembers nothing of a head that was refused', () => {
    const parser = new RequestParser(LIMITS);
    assert.equal(parser.parse(withHost('Transfer-Encoding: x')), null);
    assert.equal(parser.parse(withHost('Transfer-Encoding: x')), null);
    assert.notEqual(parser.parse(withHost()), null);
    assert.equal(parser.fault, null);
    assert.equal(parser.parse(head('GET # HTTP/1.1', 'Host: a')), null);
    assert.equal(parser.parse(head('GET # HTTP/1.1', 'Host: a')), null);
    assert.notEqual(parser.parse(withHost()), null);
  });
});
