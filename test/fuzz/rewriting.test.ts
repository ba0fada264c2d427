/**
 * Whatever strangers send, what templates write of it stays in its place: read again by our own parser and by Node's,
 * a rewritten message has the lines, the framing and the path that the config says.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineRewriter } from '../../src/core/http/line-rewriter.ts';
import { TargetRewriter } from '../../src/core/http/target-rewriter.ts';
import { compileTemplate } from '../../src/core/http/template.ts';
import type { TemplateValues } from '../../src/core/http/template.ts';
import { normalizePath } from '../../src/core/routing/path.ts';
import { RequestParser } from '../../src/http1/request-parser.ts';
import { NodeRequestParser } from './node-parser.ts';

const LIMITS = { headBytes: 1 << 20, headers: 1000, targetBytes: 1 << 19 };
const NOTHING = { remove: [], rename: [], replace: [], default: [], set: [], add: [] };

/** Any bytes, those that end lines, values and segments above all. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\0',
        ' ',
        ':',
        '/',
        '//',
        '\\',
        '..',
        '/../',
        '%',
        '%2',
        '%2e',
        '%0d%0a',
        '%00',
      ),
      fc.constantFrom(
        '?',
        '#',
        '&',
        '=',
        '+',
        '\x7f',
        '\x85',
        '\xa0',
        'a',
        'Content-Length: 5\r\n\r\n',
        '\u0100\u010a',
      ),
      fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

const VARIABLES = [
  'host',
  'path',
  'path.1',
  'query',
  'target',
  'query.q',
  'header.x',
  'cookie.c',
  'client.ip',
  'request.id',
];
const variable = fc.constantFrom(...VARIABLES).map((name) => `{${name}}`);
const literal = fc.constantFrom('a', 'b-c', '1', '.', '~', '%41');
const template = fc.array(fc.oneof(variable, literal), { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
const pathTemplate = fc
  .array(
    fc.oneof(fc.constant('/'), variable, literal).filter((piece) => !/target|query\}/.test(piece)),
    { maxLength: 6 },
  )
  .map((pieces) => `/in${pieces.join('')}`);

/** Every variable stands for the worst there is, whether or not it could come that far. */
const values = fc
  .record({ plain: hostile, group: hostile, query: hostile, header: hostile, cookie: hostile })
  .map(({ plain, group, query, header, cookie }): TemplateValues => {
    const field = header.replace(/[\r\n\0]/g, '');
    return {
      ...{ clientIp: plain, clientPort: plain, peerIp: plain, requestId: plain, route: plain, pool: plain },
      ...{ listener: plain, host: plain, method: plain, scheme: plain, tlsVersion: plain, tlsServerName: plain },
      ...{ time: plain, path: `/${group}`, query, target: `/?q=${query}` },
      lines: `X: ${field}\r\nCookie: c=${cookie.replace(/[\r\n\0]/g, '')}\r\n`,
      group: () => group,
    };
  });

/** As both parsers read it: the target, and the header lines but Host. */
function readTwice(head: string): readonly [target: string, lines: readonly string[]] {
  const ours = new RequestParser(LIMITS).parse(head);
  assert.ok(ours !== null, JSON.stringify(head));
  const { messages, end } = new NodeRequestParser().read([Buffer.from(head, 'latin1')]);
  assert.deepEqual([messages.length, end], [1, 'complete'], JSON.stringify(head));
  const [{ start, passing }] = messages;
  assert.equal(start.split(' ')[1], ours.target);
  assert.deepEqual([ours.bodyKind, ours.contentLength, messages[0].length, messages[0].body], [0, 0, '', '']);
  assert.equal(ours.lines.split('\r\n').length - 1, passing.length);
  return [ours.target, passing];
}

describe('what templates write', () => {
  it('a variable in a header adds no line and ends no message, whatever it stands for', () => {
    fc.assert(
      fc.property(template, template, values, (first, second, given) => {
        const rewriter = new LineRewriter({ ...NOTHING, set: [['X-A', `-${first}`]], add: [['X-B', `-${second}`]] });
        const early = rewriter.rewrite('Accept: b\r\n', given);
        const lines = early + rewriter.late(early, given);
        const [, passing] = readTwice(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
        assert.deepEqual(passing.map((line) => line.slice(0, line.indexOf(':'))).sort(), ['Accept', 'X-A', 'X-B']);
      }),
      { numRuns: 2000 },
    );
  });

  it('a variable in a path or a query stays in it, and leads to no other folder', () => {
    fc.assert(
      fc.property(pathTemplate, template, values, fc.boolean(), (path, parameter, given, isSet) => {
        const rewriter = new TargetRewriter({
          path,
          setQuery: isSet ? [['p', parameter]] : [],
          removeQuery: [],
        });
        const target = rewriter.rewrite('/old?k=1', given);
        if (target === null) return;
        const [read] = readTwice(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assert.equal(read, target);
        const [raw, query] = [target.slice(0, target.indexOf('?')), target.slice(target.indexOf('?') + 1)];
        assert.ok(normalizePath(raw)?.startsWith('/in'), target);
        assert.equal(normalizePath(raw)?.split('/').length, raw.split('/').length, target);
        const parameters = query.split('&');
        assert.equal(parameters[0], 'k=1');
        assert.equal(parameters.length, isSet ? 2 : 1, target);
        assert.doesNotMatch(target, /#/);
        if (isSet) assert.match(parameters[1], /^p=[^=#?+]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('a variable in a URL for a client has no control, no blank, and no other host', () => {
    fc.assert(
      fc.property(template, values, (source, given) => {
        const place = compileTemplate(`https://b.example/in/${source}`, 'location').write(given);
        assert.match(place, /^https:\/\/b\.example\/in\/[!-~]*$/);
        assert.equal(new URL(place).host, 'b.example');
        readTwice(`GET / HTTP/1.1\r\nHost: a\r\nX-Location: ${place}\r\n\r\n`);
      }),
      { numRuns: 2000 },
    );
  });
});
