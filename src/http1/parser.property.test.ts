/** Properties of the parsers over generated messages; fast-check prints the seed of a failure. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RequestParser } from './request-parser.ts';
import { ResponseParser } from './response-parser.ts';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { ChunkDecoder } from './chunk-decoder.ts';

const LIMITS = { headBytes: 16384, headers: 100, targetBytes: 8192 };
const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Names that a parser takes out, or reads a meaning from. */
const KNOWN = new Set(
  (
    'te host proxy expect upgrade forwarded connection keep-alive x-request-id content-length http2-settings ' +
    'x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto proxy-connection transfer-encoding ' +
    'client-cert client-cert-chain proxy-authorization proxy-authenticate proxy-authentication-info'
  ).split(' '),
);

const token = fc.string({ unit: fc.constantFrom(...Array.from(TOKEN)), minLength: 1, maxLength: 24 });
const name = fc
  .oneof(
    token,
    fc.constantFrom('Accept', 'cookie', 'Via', 'x-forwarded', 'x_own', 'X_forward', 'Hosts', 'Content-Lengths', 'date'),
  )
  .filter((text) => !KNOWN.has(text.toLowerCase()));
const valueCharacter = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7e }),
  fc.integer({ min: 0x80, max: 0xff }),
  fc.constant(9),
);
const value = fc.array(valueCharacter, { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));
const lines = fc.array(fc.tuple(name, value), { maxLength: 60 }).map((all) => all.map(([n, v]) => `${n}:${v}\r\n`));
const TARGET = '/abcXYZ019-._~%?=&+;:@!$\'()*,"<>[]\\^`{|}';
const target = fc.string({ unit: fc.constantFrom(...Array.from(TARGET)), maxLength: 60 }).map((text) => `/${text}`);
/** Hop-by-hop and framing lines to be strewn among the others. */
const special = fc.constantFrom(
  'Connection: keep-alive\r\n',
  'Keep-Alive: timeout=5\r\n',
  'X-Forwarded-For: 1.2.3.4\r\n',
  'TE: trailers\r\n',
  'Proxy-Connection: close\r\n',
  'Upgrade: h2c\r\n',
);

describe('the request parser', () => {
  it('the request parser reads every valid head and passes its lines in order', () => {
    const extra = fc.array(fc.tuple(fc.nat(60), special), { maxLength: 4 });
    fc.assert(
      fc.property(token, target, lines, extra, fc.nat(60), (method, path, passing, strewn, hostAt) => {
        fc.pre(method !== 'CONNECT');
        const all: string[] = [...passing];
        for (const [at, line] of strewn) all.splice(Math.min(at, all.length), 0, line);
        all.splice(Math.min(hostAt, all.length), 0, 'Host: Example.com\r\n');
        const parser = new RequestParser(LIMITS);
        const head = parser.parse(`${method} ${path} HTTP/1.1\r\n${all.join('')}\r\n`);
        assert.ok(head !== null, String(parser.fault?.code));
        assert.equal(head.method, method);
        assert.equal(head.target, path);
        assert.equal(head.host, 'example.com');
        assert.equal(head.lines, passing.join(''));
        // What passes says the same when it is read again.
        const again = new RequestParser(LIMITS).parse(`${method} ${path} HTTP/1.1\r\nHost: a\r\n${head.lines}\r\n`);
        assert.equal(again?.lines, head.lines);
      }),
    );
  });

  it('the request parser reads or refuses every head with one byte changed, never throws, and says why', () => {
    const base =
      'POST http://a.b:80/c?d=e HTTP/1.1\r\nHost: A.b\r\nConnection: close, x-own\r\nContent-Length: 12\r\nX-Own: 1\r\n' +
      'Expect: 100-continue\r\nTE: trailers\r\nX-Forwarded-For: 1.2.3.4\r\nAccept: */*\r\n\r\n';
    const parser = new RequestParser(LIMITS);
    fc.assert(
      fc.property(fc.nat(base.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(2), (at, code, mode) => {
        const cut = mode === 0 ? at : at + 1;
        const text = base.slice(0, at) + (mode === 2 ? '' : String.fromCharCode(code)) + base.slice(cut);
        const head = parser.parse(text);
        assert.equal(parser.fault === null, head !== null);
        if (head === null) return;
        assert.match(head.target, /^\/[\x21\x22\x24-\x7e]*$/);
        assert.match(head.lines, /^(?:[^\0-\x20:]+:[^\0-\x08\x0a-\x1f\x7f]*\r\n)*$/);
      }),
      { numRuns: 5000 },
    );
  });

  it('the request parser remembers nothing that changes its results', () => {
    const parts = fc.array(
      fc.tuple(fc.constantFrom('GET / HTTP/1.1', 'GET http://b/ HTTP/1.1', 'GET / HTTP/1.0', 'GET # HTTP/1.1'), lines),
      { maxLength: 6 },
    );
    const heads = fc.tuple(parts, fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 30 }));
    fc.assert(
      fc.property(heads, ([all, picks]) => {
        const parser = new RequestParser(LIMITS);
        for (const [first, second] of picks) {
          if (first >= all.length || second >= all.length) continue;
          const text = `${all[first][0]}\r\nHost: a\r\n${all[second][1].join('')}\r\n`;
          const fresh = new RequestParser(LIMITS);
          assert.deepEqual(parser.parse(text), fresh.parse(text));
          assert.equal(parser.fault, fresh.fault);
        }
      }),
    );
  });
});

describe('the response parser', () => {
  it('the response parser reads every valid head and passes its lines in order', () => {
    const extra = fc.array(fc.tuple(fc.nat(60), special), { maxLength: 4 });
    const status = fc.integer({ min: 200, max: 999 });
    fc.assert(
      fc.property(status, value, lines, extra, (code, reason, passing, strewn) => {
        const all: string[] = [...passing];
        for (const [at, line] of strewn) {
          if (!line.startsWith('X-')) all.splice(Math.min(at, all.length), 0, line);
        }
        const head = new ResponseParser(LIMITS).parse(`HTTP/1.1 ${code} ${reason}\r\n${all.join('')}\r\n`, 'GET');
        assert.ok(head !== null);
        assert.equal(head.status, code);
        assert.equal(head.reason, reason);
        assert.equal(head.lines, passing.join(''));
      }),
    );
  });

  it('the response parser reads or refuses every head with one byte changed, and never throws', () => {
    const base =
      'HTTP/1.1 200 OK\r\nDate: x\r\nConnection: close, x-own\r\nContent-Length: 12\r\nX-Own: 1\r\n' +
      'Keep-Alive: timeout=5\r\nContent-Type: text/event-stream\r\nSet-Cookie: a=b\r\n\r\n';
    const parser = new ResponseParser(LIMITS);
    fc.assert(
      fc.property(fc.nat(base.length - 1), fc.integer({ min: 0, max: 255 }), (at, code) => {
        const head = parser.parse(base.slice(0, at) + String.fromCharCode(code) + base.slice(at + 1), 'GET');
        assert.equal(parser.rule !== '', head === null);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the chunk decoder', () => {
  it('the chunk decoder gives the same data, trailers and end however the bytes are cut', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '5\r\nhello\r\n',
        'a\r\n0123456789\r\n',
        '1;a="b;c"\r\nx\r\n',
        '0\r\n',
        'X: y\r\n',
        '\r\n',
        '\n',
        '5',
        ';',
        ' ',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 }), (parts, sizes) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        const whole = run(bytes, [bytes.length + 1]);
        const cut = run(bytes, sizes);
        assert.deepEqual(cut, whole);
      }),
      { numRuns: 2000 },
    );
  });
});

function run(bytes: Buffer, sizes: readonly number[]): unknown {
  const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
  let data = '';
  const sink = {
    onChunkData: (b: Buffer, start: number, end: number): void => void (data += b.latin1Slice(start, end)),
  };
  let at = 0;
  for (let turn = 0; at < bytes.length && !decoder.done && decoder.failed === null; turn++) {
    at = decoder.decode(bytes, at, Math.min(bytes.length, at + sizes[turn % sizes.length]), sink);
  }
  const isEnded = decoder.done;
  return { data, failed: decoder.failed, isEnded, trailers: isEnded ? decoder.trailers : '', at: isEnded ? at : -1 };
}
