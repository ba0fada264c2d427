import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../http/head.ts';
import type { ResponseHead } from '../http/head.ts';
import { ResponseParser } from './response-parser.ts';

const LIMITS = { headBytes: 16384, headers: 100, targetBytes: 8192 };

function head(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function ok(...lines: string[]): string {
  return head('HTTP/1.1 200 OK', ...lines);
}

function parse(text: string, method = 'GET'): ResponseHead {
  const parser = new ResponseParser(LIMITS);
  const parsed = parser.parse(text, method);
  assert.notEqual(parsed, null, `refused: ${JSON.stringify(text)}`);
  assert.equal(parser.rule, '');
  return parsed as ResponseHead;
}

const REFUSED: readonly (readonly [why: string, text: string])[] = [
  ['nothing', head('')],
  ['an empty line in front', head('', 'HTTP/1.1 200 OK')],
  ['HTTP/0.9', head('<html>')],
  ['HTTP/2.0', head('HTTP/2.0 200 OK')],
  ['HTTP/1.2', head('HTTP/1.2 200 OK')],
  ['a version in lower case', head('http/1.1 200 OK')],
  ['another protocol', head('ICY 200 OK')],
  ['two blanks before the status', head('HTTP/1.1  200 OK')],
  ['a tab before the status', head('HTTP/1.1\t200 OK')],
  ['a status of two digits', head('HTTP/1.1 20 OK')],
  ['a status of four digits', head('HTTP/1.1 2000 OK')],
  ['a status below 100', head('HTTP/1.1 099 OK')],
  ['a signed status', head('HTTP/1.1 +20 OK')],
  ['no status', head('HTTP/1.1 OK')],
  ['a control character in the reason', head('HTTP/1.1 200 O\x01K')],
  ['a bare CR in the reason', head('HTTP/1.1 200 O\rK')],
  ['a bare LF after the status line', 'HTTP/1.1 200 OK\nX: y\r\n\r\n'],
  ['a line without a colon', ok('foo')],
  ['a blank before the colon', ok('Content-Length : 5')],
  ['a folded line', ok('X: y', ' z')],
  ['a bare CR in a value', ok('X: a\rb')],
  ['a bare LF in a value', ok('X: a\nContent-Length: 5')],
  ['a NUL in a value', ok('X: a\0b')],
  ['a bad name', ok('X(Y): a')],
  ['101 header lines', ok(...Array<string>(101).fill('X: y'))],
  ['a head over the limit', ok(`X: ${'y'.repeat(16384)}`)],
  ['two lengths', ok('Content-Length: 5', 'Content-Length: 6')],
  ['the same length twice', ok('Content-Length: 5', 'Content-Length: 5')],
  ['a list of lengths', ok('Content-Length: 5, 5')],
  ['an empty length', ok('Content-Length: ')],
  ['a signed length', ok('Content-Length: +5')],
  ['a length of 2^53', ok('Content-Length: 9007199254740992')],
  ['Content-Length and Transfer-Encoding', ok('Content-Length: 5', 'Transfer-Encoding: chunked')],
  ['a tab behind chunked', ok('Transfer-Encoding: chunked\t')],
  ['a tab behind a length', ok('Content-Length: 5\t')],
  ['an empty Transfer-Encoding', ok('Transfer-Encoding:')],
  ['Transfer-Encoding twice', ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['chunked twice', ok('Transfer-Encoding: chunked, chunked')],
  ['chunked not last', ok('Transfer-Encoding: chunked, gzip')],
  ['a coding we do not know', ok('Transfer-Encoding: gzip, chunked')],
  ['gzip alone', ok('Transfer-Encoding: gzip')],
  ['identity', ok('Transfer-Encoding: identity')],
  ['Transfer-Encoding in HTTP/1.0', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')],
  ['a malformed Connection', ok('Connection: a b')],
  ['100 in HTTP/1.0', head('HTTP/1.0 100 Continue', 'Connection: keep-alive')],
  ['101 without Upgrade', head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade')],
  ['101 without Connection', head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket')],
  ['101 to two protocols', head('HTTP/1.1 101 X', 'Connection: upgrade', 'Upgrade: websocket', 'Upgrade: a')],
  ['101 to a list of protocols', head('HTTP/1.1 101 X', 'Connection: upgrade', 'Upgrade: websocket, a')],
  ['101 with a malformed Connection', head('HTTP/1.1 101 X', 'Connection: upgrade, a b', 'Upgrade: websocket')],
  ['101 in HTTP/1.0', head('HTTP/1.0 101 X', 'Connection: upgrade', 'Upgrade: websocket')],
];

describe('ResponseParser refuses', () => {
  for (const [why, text] of REFUSED) {
    it(why, () => {
      const parser = new ResponseParser(LIMITS);
      assert.equal(parser.parse(text, 'GET'), null);
      assert.notEqual(parser.rule, '');
      assert.equal(parser.parse(text, 'GET'), null);
    });
  }

  it('ResponseParser refuses text that does not end with an empty line', () => {
    const parser = new ResponseParser(LIMITS);
    assert.equal(parser.parse('HTTP/1.1 200 OK\r\n', 'GET'), null);
    assert.equal(parser.parse('HTTP/1.1 200 OK', 'GET'), null);
  });
});

describe('ResponseParser reads', () => {
  it('ResponseParser reads the status line and passes the other headers as they came', () => {
    const read = parse(ok('Date: x', 'Server:y', 'Set-Cookie: a', 'Set-Cookie: b', 'Content-Length: 5'));
    assert.equal(read.status, 200);
    assert.equal(read.reason, 'OK');
    assert.equal(read.version, 11);
    assert.equal(read.lines, 'Date: x\r\nServer:y\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 5\r\n');
    assert.equal(read.hasDate, true);
    assert.equal(read.bodyKind, BODY_LENGTH);
    assert.equal(read.contentLength, 5);
    assert.equal(read.keepAlive, true);
  });

  it('ResponseParser reads an empty reason, a missing one, and one with obs-text', () => {
    assert.equal(parse(head('HTTP/1.1 200 ', 'Content-Length: 0')).reason, '');
    assert.equal(parse(head('HTTP/1.1 200', 'Content-Length: 0')).reason, '');
    assert.equal(parse(head('HTTP/1.1 404 Pas trouv\xe9', 'Content-Length: 0')).reason, 'Pas trouv\xe9');
  });

  it('ResponseParser reads statuses nobody has defined', () => {
    assert.equal(parse(head('HTTP/1.1 299 X', 'Content-Length: 1')).bodyKind, BODY_LENGTH);
    assert.equal(parse(head('HTTP/1.1 999 X', 'Content-Length: 1')).status, 999);
  });

  it('ResponseParser reads a body by its length, by chunks, or up to the end of the connection', () => {
    assert.equal(parse(ok('Content-Length: 0')).bodyKind, BODY_LENGTH);
    const chunked = parse(ok('Transfer-Encoding: chunked', 'Trailer: x'));
    assert.equal(chunked.bodyKind, BODY_CHUNKED);
    assert.equal(chunked.lines, 'Trailer: x\r\n');
    const open = parse(ok());
    assert.equal(open.bodyKind, BODY_UNTIL_CLOSE);
    assert.equal(open.keepAlive, false);
  });

  it('ResponseParser reads a length with leading zeros, and writes it anew', () => {
    assert.equal(parse(ok('Content-Length: 007')).lines, 'Content-Length: 7\r\n');
    assert.equal(parse(head('HTTP/1.1 204 X', 'Content-Length: 00')).lines, '');
  });

  it('ResponseParser expects no body after HEAD, 1xx, 204 and 304', () => {
    const forHead = parse(ok('Content-Length: 5'), 'HEAD');
    assert.equal(forHead.bodyKind, BODY_NONE);
    assert.equal(forHead.contentLength, 0);
    assert.equal(forHead.lines, 'Content-Length: 5\r\n');
    assert.equal(forHead.keepAlive, true);
    assert.equal(parse(ok('Transfer-Encoding: chunked'), 'HEAD').bodyKind, BODY_NONE);
    assert.equal(parse(ok(), 'HEAD').keepAlive, true);
    assert.equal(parse(head('HTTP/1.1 304 Not Modified', 'Content-Length: 5')).bodyKind, BODY_NONE);
    assert.equal(parse(head('HTTP/1.1 304 Not Modified', 'Transfer-Encoding: chunked')).bodyKind, BODY_NONE);
    assert.equal(parse(head('HTTP/1.1 204 No Content')).bodyKind, BODY_NONE);
    assert.equal(parse(head('HTTP/1.1 204 No Content', 'Content-Length: 0')).lines, '');
    assert.equal(parse(head('HTTP/1.1 103 Early Hints', 'Link: </a>')).lines, 'Link: </a>\r\n');
  });

  it('ResponseParser reads whether the connection persists', () => {
    assert.equal(parse(ok('Content-Length: 0', 'Connection: close')).keepAlive, false);
    assert.equal(parse(ok('Content-Length: 0', 'Connection: keep-alive', 'Connection: Close')).keepAlive, false);
    assert.equal(parse(head('HTTP/1.0 200 OK', 'Content-Length: 0')).keepAlive, false);
    assert.equal(parse(head('HTTP/1.0 200 OK', 'Content-Length: 0', 'Connection: keep-alive')).keepAlive, true);
  });

  it('ResponseParser reads how long the server keeps an idle connection', () => {
    for (const [value, timeoutMs] of [
      ['timeout=5', 5000],
      ['timeout=5, max=100', 5000],
      ['max=100, Timeout = "5"', 5000],
      ['max=100', 0],
      ['timeout=x', 0],
      ['xtimeout=5', 0],
      ['timeout=5x', 0],
      ['timeout=99999999', 0],
    ] as const) {
      assert.equal(parse(ok('Content-Length: 0', `Keep-Alive: ${value}`)).keepAliveTimeoutMs, timeoutMs);
    }
  });

  it('ResponseParser reads a keep-alive time of nothing as the end of the connection', () => {
    assert.equal(parse(ok('Content-Length: 0', 'Keep-Alive: timeout=0')).keepAlive, false);
    assert.equal(parse(ok('Content-Length: 0', 'Keep-Alive: timeout=1')).keepAlive, true);
  });

  it('ResponseParser takes hop-by-hop headers out of the head', () => {
    const read = parse(
      ok(
        'Connection: keep-alive, x-own, http2-settings',
        'HTTP2-Settings: x',
        'Keep-Alive: timeout=5',
        'X-Own: 1',
        'Proxy-Connection: keep-alive',
        'Proxy-Authenticate: Basic',
        'Proxy-Authentication-Info: x',
        'Upgrade: h2c',
        'TE: trailers',
        'X: y',
      ),
    );
    assert.equal(read.lines, 'X: y\r\n');
    assert.equal(read.upgrade, '');
  });

  it('ResponseParser reads a switch of protocols', () => {
    const read = parse(head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: WebSocket', 'X: y'));
    assert.equal(read.upgrade, 'websocket');
    assert.equal(read.lines, 'X: y\r\n');
    assert.equal(read.bodyKind, BODY_NONE);
  });

  it('ResponseParser reads which answers are streams of events', () => {
    for (const [type, isEventStream] of [
      ['text/event-stream', true],
      ['Text/Event-Stream; charset=utf-8', true],
      ['\t application/grpc+proto', true],
      ['text/plain', false],
      ['application/json', false],
      ['', false],
    ] as const) {
      assert.equal(parse(ok(`Content-Type: ${type}`, 'Content-Length: 0')).isEventStream, isEventStream);
    }
  });
});

/** Header lines that frame nothing where no body can follow. */
const FRAMING: readonly (readonly string[])[] = [
  ['Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 6'],
  ['Content-Length: 6', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Content-Length: 6'],
  ['Content-Length: +5'],
  ['Content-Length: 5, 5'],
  ['Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: gzip'],
  ['Transfer-Encoding:'],
];

describe('ResponseParser lets no framing line decide, and none pass, where no body can follow:', () => {
  for (const lines of FRAMING) {
    for (const status of ['100 Continue', '103 Early Hints', '204 No Content']) {
      it(`ResponseParser lets no framing line decide, and none pass, where no body can follow: ${status} with ${lines.join(', ')}`, () => {
        const read = parse(head(`HTTP/1.1 ${status}`, 'X: y', ...lines));
        assert.equal(read.bodyKind, BODY_NONE);
        assert.equal(read.lines, 'X: y\r\n');
      });
    }
    it(`ResponseParser lets no framing line decide, and none pass, where no body can follow: 101 with ${lines.join(', ')}`, () => {
      const read = parse(head('HTTP/1.1 101 X', 'Connection: upgrade', 'Upgrade: websocket', ...lines));
      assert.equal(read.bodyKind, BODY_NONE);
      assert.equal(read.lines, '');
    });
    it(`ResponseParser lets no framing line decide, and none pass, where no body can follow: 304 with ${lines.join(', ')}`, () => {
      const read = parse(head('HTTP/1.1 304 Not Modified', 'X: y', ...lines));
      assert.equal(read.bodyKind, BODY_NONE);
      const isOneLength = lines.every((line) => line === 'Content-Length: 5');
      assert.equal(read.lines, isOneLength ? 'X: y\r\nContent-Length: 5\r\n' : 'X: y\r\n');
    });
  }

  it('ResponseParser lets no framing line decide, and none pass, where no body can follow: answers to HEAD, of HTTP/1.0 as well', () => {
    for (const version of ['1.0', '1.1']) {
      const ofHead = (...lines: string[]): ResponseHead => parse(head(`HTTP/${version} 200 OK`, ...lines), 'HEAD');
      assert.equal(ofHead('Transfer-Encoding: chunked').lines, '');
      assert.equal(ofHead('Content-Length: 5', 'Transfer-Encoding: chunked').lines, '');
      assert.equal(ofHead('Transfer-Encoding: chunked', 'Content-Length: 5').lines, '');
      assert.equal(ofHead('Transfer-Encoding: x').bodyKind, BODY_NONE);
      assert.equal(ofHead('Content-Length: 05', 'X: y').lines, 'X: y\r\nContent-Length: 5\r\n');
      assert.equal(ofHead('Content-Length: 5', 'Content-Length: 5').lines, 'Content-Length: 5\r\n');
    }
  });

  it('ResponseParser refuses an answer to HEAD with lengths that differ, or with none that is a number', () => {
    for (const lines of [['Content-Length: 5', 'Content-Length: 6'], ['Content-Length: 5, 6'], ['Content-Length: x']])
      assert.equal(new ResponseParser(LIMITS).parse(ok(...lines), 'HEAD'), null);
  });

  it('an answer that announces a body where there is none, or contradicts itself, ends its connection', () => {
    const keeps = (status: string, ...lines: string[]): boolean =>
      parse(head(`HTTP/1.1 ${status}`, ...lines)).keepAlive;
    assert.equal(keeps('100 Continue', 'Content-Length: 0', 'Connection: close'), true);
    assert.equal(keeps('103 X', 'Transfer-Encoding: chunked'), false);
    assert.equal(keeps('304 X', 'Content-Length: 5'), true);
    assert.equal(keeps('304 X', 'Transfer-Encoding: chunked'), true);
    assert.equal(keeps('304 X', 'Transfer-Encoding: chunked', 'Content-Length: 5'), false);
    assert.equal(keeps('304 X', 'Transfer-Encoding: gzip'), false);
    assert.equal(keeps('304 X', 'Content-Length: 5', 'Content-Length: 5'), false);
    assert.equal(parse(head('HTTP/1.1 204 No Content')).keepAlive, true);
    assert.equal(parse(head('HTTP/1.1 204 No Content', 'Content-Length: 0')).keepAlive, true);
    assert.equal(parse(head('HTTP/1.1 204 No Content', 'Content-Length: 5')).keepAlive, false);
    assert.equal(parse(head('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')).keepAlive, false);
  });

  it('Connection in an interim answer means nothing for the connection', () => {
    for (const value of ['close', 'a b', 'keep-alive, close'])
      assert.equal(parse(head('HTTP/1.1 100 Continue', `Connection: ${value}`)).lines, '');
    assert.equal(parse(head('HTTP/1.1 103 X', 'Connection: x-own', 'X-Own: 1', 'X: y')).lines, 'X: y\r\n');
  });
});

describe('ResponseParser remembers', () => {
  it('ResponseParser remembers a head, and returns the same object for the same text', () => {
    const parser = new ResponseParser(LIMITS);
    const first = parser.parse(ok('Content-Length: 5'), 'GET');
    const other = parser.parse(ok('Content-Length: 12'), 'GET');
    assert.equal(parser.parse(ok('Content-Length: 5'), 'GET'), first);
    assert.equal(parser.parse(ok('Content-Length: 12'), 'GET'), other);
  });

  it('ResponseParser remembers the method it was read for', () => {
    const parser = new ResponseParser(LIMITS);
    assert.equal(parser.parse(ok('Content-Length: 5'), 'GET')?.bodyKind, BODY_LENGTH);
    assert.equal(parser.parse(ok('Content-Length: 5'), 'HEAD')?.bodyKind, BODY_NONE);
    assert.equal(parser.parse(ok('Content-Length: 5'), 'GET')?.bodyKind, BODY_LENGTH);
  });
});
