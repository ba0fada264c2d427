import { describe, it } from 'node:test';
import { UNBOUNDED_MEMORY } from '../../src/core/kept-memory.ts';
import { enableLinearRegex } from '../../src/config/linear-regex.ts';
import { PathParser } from '../../src/core/routing/path.ts';
import { PathPattern } from '../../src/core/routing/pattern.ts';
import { replacePrefix } from '../../src/core/routing/rewrite.ts';
import { compileRoutes } from '../../src/core/routing/router.ts';
import type { PathMatch, RouteMatch } from '../../src/core/snapshot.ts';
import { clientAddress, forwardedLines } from '../../src/http/forwarding.ts';
import { ChunkDecoder } from '../../src/http1/chunk-decoder.ts';
import { HeadReader } from '../../src/http1/head-reader.ts';
import { parseAuthority } from '../../src/http1/host.ts';
import { REQUEST_NAMES } from '../../src/http1/request-block.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { RESPONSE_NAMES } from '../../src/http1/response-block.ts';
import { ResponseParser } from '../../src/http1/response-parser.ts';
import { MOST_TARGET, emptyLine } from '../../src/telemetry/log-line.ts';
import { assertLinear, assertLinearIn } from './linear-cost.ts';
import { logText } from '../support/log-text.ts';

const HEAD_BYTES = 16_384;
const TARGET_BYTES = 8192;
const TRAILER_BYTES = 8_000;
/** What a config may allow at most, so that no limit hides a square. */
const LIMITS = { headBytes: 2 * HEAD_BYTES, headers: 10_000, targetBytes: 2 * HEAD_BYTES };
const PEER = { address: '10.0.0.1', scheme: 'http', localPort: 80, isTrusted: true };
const RULES = { via: true, forwarded: true, trustedProxies: [] };

function readRequest(lines: string, target = '/'): void {
  const host = lines.startsWith('host:') ? '' : 'Host: a\r\n';
  const head = new RequestParser(LIMITS).parse(`GET ${target} HTTP/1.1\r\n${host}${lines}\r\n`);
  if (head === null) return;
  forwardedLines(head, PEER, RULES);
  clientAddress(head, PEER, () => true);
}

function readResponse(lines: string): void {
  new ResponseParser(LIMITS).parse(`HTTP/1.1 200 OK\r\n${lines}\r\n`, 'GET');
}

function decode(text: string, size: number): void {
  const decoder = new ChunkDecoder(UNBOUNDED_MEMORY);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size)
    decoder.decode(bytes, at, Math.min(at + size, bytes.length), { onChunkData() {} });
}

const NEVER = { name: 'never', value: null };

function routeOf(path: PathMatch | null, conditions: Partial<RouteMatch> = {}) {
  return { id: '', match: { host: null, path, methods: [], headers: [], query: [], cookies: [], ...conditions } };
}

describe('what a head costs grows with its length and no faster', () => {
  for (const name of [
    ...REQUEST_NAMES,
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'cookie',
    'accept',
  ]) {
    it(`what a head costs grows with its length and no faster in the value of ${name} in a request`, () =>
      assertLinear((text) => readRequest(`${name}: ${text}\r\n`), HEAD_BYTES));
  }
  for (const name of [...RESPONSE_NAMES, 'set-cookie']) {
    it(`what a head costs grows with its length and no faster in the value of ${name} in an answer`, () =>
      assertLinear((text) => readResponse(`${name}: ${text}\r\n`), HEAD_BYTES));
  }
  it('what a head costs grows with its length and no faster in names, and in lines without a colon', () => {
    assertLinear((text) => {
      readRequest(`${text}: a\r\n`);
      readRequest(`a${text}\r\n`);
      readResponse(`${text}: a\r\n`);
    }, HEAD_BYTES);
  });
  it('what a head costs grows with its length and no faster in the number of lines of any name', () => {
    for (const name of [...REQUEST_NAMES, ...RESPONSE_NAMES, 'x', '']) {
      const make = (length: number): string => `${name}: a,\r\n`.repeat(length / 16);
      assertLinearIn(make, readRequest, HEAD_BYTES, `${name} in a request`);
      assertLinearIn(make, readResponse, HEAD_BYTES, `${name} in an answer`);
    }
  });
  it('what a head costs grows with its length and no faster in the names that Connection takes out', () => {
    const make = (length: number): string => {
      const names = Array.from({ length: length / 16 }, (_, index) => `x${index}`);
      return `connection: ${names.join()}\r\n${names.map((name) => `${name}: a\r\n`).join('')}`;
    };
    assertLinearIn(make, readRequest, HEAD_BYTES, 'in a request');
    assertLinearIn(make, readResponse, HEAD_BYTES, 'in an answer');
  });
  it('what a head costs grows with its length and no faster in the request line', () => {
    assertLinear((text) => {
      readRequest('', `/${text}`);
      readRequest('', `http://${text}`);
      readRequest('', text);
      new RequestParser(LIMITS).parse(`${text}\r\n\r\n`);
    }, HEAD_BYTES);
  });
  it('what a head costs grows with its length and no faster in the status line', () => {
    assertLinear((text) => new ResponseParser(LIMITS).parse(`HTTP/1.1 200 ${text}\r\n\r\n`, 'GET'), HEAD_BYTES);
  });
  it('what a head costs grows with its length and no faster in a host, up to the longest that is one', () => {
    assertLinear(
      (text) => {
        for (let time = 0; time < 50; time++) parseAuthority(text);
      },
      240,
      4,
    );
  });
  it('what a head costs grows with its length and no faster in reads of one byte', () => {
    const read = (text: string): void => {
      const bytes = Buffer.from(`GET / HTTP/1.1\r\n${text}`, 'latin1');
      const reader = new HeadReader(UNBOUNDED_MEMORY);
      for (let at = 0; at < bytes.length; at++) reader.read(bytes, at, at + 1, LIMITS.headBytes);
    };
    for (const line of ['x', 'a: b\r\n', '\r']) assertLinearIn((length) => line.repeat(length), read, HEAD_BYTES, line);
  });
});

describe('what a body around its data costs grows with its length and no faster', () => {
  it('what a body around its data costs grows with its length and no faster in extensions of chunks', () =>
    assertLinear((text) => decode(`1;${text}`, text.length), HEAD_BYTES));
  it('what a body around its data costs grows with its length and no faster in chunks of one byte', () => {
    assertLinearIn(
      (length) => '1\r\nx\r\n'.repeat(length / 6),
      (text) => decode(text, text.length),
      HEAD_BYTES,
      'chunks',
    );
  });
  it('what a body around its data costs grows with its length and no faster in trailers, whole and in reads of one byte', () => {
    for (const line of ['a\n', '\n', 'a:\r\n', 'a:b\r\n', 'a: b\n', ':\r\n']) {
      for (const size of [1, TRAILER_BYTES])
        assertLinearIn(
          (length) => `0\r\n${line.repeat(length / line.length)}`,
          (text) => decode(text, size),
          TRAILER_BYTES,
          line,
          4,
        );
    }
    assertLinear((text) => decode(`0\r\na: ${text}\r\n\r\n`, TRAILER_BYTES), TRAILER_BYTES);
  });
});

describe('what routing costs grows with the target and the lines and no faster', () => {
  enableLinearRegex();
  const patterns = ['[^.]*\\.php$', '^/(a+)+$', '/.*/.*/x'];
  const matches: PathMatch[] = [
    { kind: 'exact', path: '/a' },
    { kind: 'prefix', path: '/a/a/a' },
    { kind: 'prefix', path: '/' },
  ];
  const router = compileRoutes(matches.map((path) => ({ ...routeOf(path), guards: true })));
  const parser = new PathParser();
  const request = { host: 'a', path: '/', rawPath: '/', query: '', method: 'GET', lines: '' };
  const values = [null, '1', 'a', 'a b'].map((value) => ({ name: 'a', value }));
  const conditional = compileRoutes(
    values.flatMap(({ name, value }) => [
      routeOf(null, { query: [{ name, value }, NEVER] }),
      routeOf(null, { cookies: [{ name, value }, NEVER] }),
      routeOf(null, { headers: [{ name: 'x-a', value }, NEVER] }),
    ]),
  );

  it('what routing costs grows with the target and the lines and no faster in a path: its normal form, its route, its other prefix', () => {
    assertLinear((text) => {
      const target = `/${text}`;
      if (!parser.parse(target)) return;
      router.match({ ...request, path: parser.path, rawPath: parser.rawPath });
      replacePrefix(target, parser.path, '/', '/x');
    }, HEAD_BYTES);
  });
  for (const source of patterns) {
    const pattern = new PathPattern(source);
    it(`what routing costs grows with the target and the lines and no faster in a path that ${source} is looked for in`, () =>
      assertLinear((text) => pattern.test(`/${text}`), TARGET_BYTES));
  }
  it('what routing costs grows with the target and the lines and no faster in a query', () => {
    assertLinear((text) => {
      conditional.match({ ...request, query: text });
    }, HEAD_BYTES);
  });
  it('what routing costs grows with the target and the lines and no faster in cookies, in one line and in many', () => {
    assertLinear((text) => conditional.match({ ...request, lines: `Cookie: ${text}\r\n` }), HEAD_BYTES);
    const make = (length: number): string => `${'Cookie: a\r\n'.repeat(length / 22)}X: ${'x'.repeat(length / 2)}\r\n`;
    assertLinearIn(make, (lines) => conditional.match({ ...request, lines }), 4 * HEAD_BYTES, 'lines');
  });
  it('what routing costs grows with the target and the lines and no faster in headers', () => {
    assertLinear((text) => conditional.match({ ...request, lines: `X-A: ${text}\r\nX-A: 1${text}\r\n` }), HEAD_BYTES);
  });
});

describe('what a line of the access log costs grows with what is in it and no faster', () => {
  for (const format of ['json', 'common', 'combined'] as const) {
    const write = logText({ to: { kind: 'stdout' }, format, mask: ['token', 'a'] } as never);
    it(`what a line of the access log costs grows with what is in it and no faster in ${format}`, () => {
      assertLinear((text) => {
        write({ ...emptyLine(), target: `/?${text}`, userAgent: text, referer: `http://a/?${text}`, host: text });
      }, MOST_TARGET);
    });
  }
});
