import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AccessLogSpec, LogFormat } from '../core/access-log.ts';
import { logText } from '../../test/support/log-text.ts';
import { LineReader, textIndex } from './line-reader.ts';
import type { TextName } from './line-reader.ts';
import { LineWriter, TCP_SESSION, emptyLine } from './log-line.ts';
import type { LogLine } from './log-line.ts';
import { createLogRing } from './log-ring.ts';

function specOf(format: LogFormat): AccessLogSpec {
  return { format, mask: ['token'], to: { kind: 'stdout' }, bufferBytes: 0, unrouted: null };
}

const LINE: LogLine = {
  ...emptyLine(),
  time: Date.UTC(2026, 10, 21, 8, 0, 0, 123),
  status: 200,
  attempts: 1,
  version: 11,
  bytesOut: 5120,
  queueMs: 0.0404,
  connectMs: 0,
  firstByteMs: 11.2345,
  totalMs: 11.9,
  requestId: 'a-1',
  client: '127.0.0.1',
  method: 'GET',
  target: '/cart?token=abc',
  host: 'shop',
  listener: 'web',
  route: '1',
  pool: 'web',
  endpoint: 'localhost:8081',
  userAgent: 'curl/8.14.1',
  referer: 'https://shop/?token=abc',
};

test('a line of the access log in JSON is as pino writes it', () => {
  assert.equal(
    logText(specOf('json'))(LINE),
    '{"level":30,"time":1795248000123,"requestId":"a-1","client":"127.0.0.1","method":"GET","host":"shop",' +
      '"path":"/cart?token=***","protocol":"HTTP/1.1","status":200,"bytesIn":0,"bytesOut":5120,"listener":"web",' +
      '"route":"1","pool":"web","endpoint":"localhost:8081","attempts":1,"queueMs":0.04,"connectMs":0,' +
      '"firstByteMs":11.235,"totalMs":11.9}\n',
  );
});

test('a line of the access log in the combined format is as Apache and nginx write it', () => {
  assert.equal(
    logText(specOf('combined'))(LINE),
    '127.0.0.1 - - [21/Nov/2026:08:00:00 +0000] "GET /cart?token=*** HTTP/1.1" 200 5120 ' +
      '"https://shop/?token=***" "curl/8.14.1"\n',
  );
});

test('a line of the access log about a session of layer 4 has no status, and says that it is TCP', () => {
  const session = { ...emptyLine(), time: LINE.time, version: TCP_SESSION, bytesIn: 7, bytesOut: 9 };
  const line = { ...session, client: '::1', listener: 'db', pool: 'pg', endpoint: 'a:1', reason: 'client-end' };
  assert.equal(
    logText(specOf('json'))(line),
    '{"level":30,"time":1795248000123,"client":"::1","protocol":"TCP","bytesIn":7,"bytesOut":9,"listener":"db",' +
      '"pool":"pg","endpoint":"a:1","attempts":0,"reason":"client-end","totalMs":0}\n',
  );
  assert.equal(logText(specOf('common'))(line), '::1 - - [21/Nov/2026:08:00:00 +0000] "- - TCP" - 9\n');
});

test('each line in the common format has its own second', () => {
  const write = logText(specOf('common'));
  const at = (time: number): string => /\[(.*)\]/.exec(write({ ...LINE, time }))?.[1] ?? '';
  assert.equal(at(Date.UTC(2026, 0, 1, 0, 0, 0, 999)), '01/Jan/2026:00:00:00 +0000');
  assert.equal(at(Date.UTC(2026, 0, 1, 0, 0, 1, 0)), '01/Jan/2026:00:00:01 +0000');
  assert.equal(at(Date.UTC(2026, 0, 1, 0, 0, 0, 0)), '01/Jan/2026:00:00:00 +0000');
});

test('numbers in a line of the access log are written as JavaScript writes them', () => {
  const write = logText(specOf([{ field: 'bytesOut' }, { text: ' ' }, { field: 'totalMs' }]));
  const bytes = fc.oneof(fc.maxSafeNat(), fc.nat(2000), fc.constantFrom(0, 9, 10, 999_999_999, 1e9, 1e9 + 1, 1e15));
  const ms = fc.oneof(
    fc.double({ min: 0, max: 1e10, noNaN: true }),
    fc.constantFrom(0, 0.0004, 0.1, 0.12, 9.9996, 1e6),
  );
  fc.assert(
    fc.property(bytes, ms, (bytesOut, totalMs) => {
      const expected = `${bytesOut} ${Math.round(totalMs * 1000) / 1000}\n`;
      assert.equal(write({ ...LINE, bytesOut, totalMs }), expected);
    }),
  );
});

test('foreign bytes in a line of the access log are written as nginx writes them, or as JSON has them', () => {
  const userAgent = String.fromCharCode(...Array.from({ length: 256 }, (_none, code) => code));
  const hex = (sign: string): string => `\\x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  assert.equal(
    logText(specOf([{ field: 'userAgent' }]))({ ...LINE, userAgent }),
    `${userAgent.replace(/["\\]|[^ -~]/g, hex)}\n`,
  );
  const inJson = JSON.stringify(userAgent).replaceAll(
    /[\x7f-\x9f]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  );
  assert.ok(logText(specOf('json'))({ ...LINE, host: userAgent }).includes(`"host":${inJson},`));
});

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
/** As a header may hold it. */
const headerText = latin1.map((text) => text.replaceAll(/[\r\n]/g, ''));

test('whatever a client sends, a line is one line of visible ASCII, and JSON gives it back as it was', () => {
  fc.assert(
    fc.property(headerText, headerText, headerText, (host, userAgent, requestId) => {
      const line = { ...LINE, host, userAgent, requestId };
      for (const format of ['common', 'combined', [{ field: 'userAgent' }, { field: 'host' }]] as const) {
        assert.match(logText(specOf(format))(line), /^[ -~]+\n$/);
      }
      const json = logText(specOf('json'))(line);
      assert.match(json, /^\P{Cc}+\n$/u);
      const read = JSON.parse(json) as Record<string, string | undefined>;
      assert.deepEqual([read.host ?? '', read.requestId ?? ''], [host, requestId]);
    }),
  );
});

/** The line that the reader shows, as it was given to the writer. */
function lineOf(reader: LineReader): LogLine {
  const isText = (name: string): boolean => textIndex(name as TextName) >= 0;
  const value = (name: string): unknown =>
    isText(name) ? reader.text(textIndex(name as TextName)) : reader[name as keyof LineReader];
  return Object.fromEntries(Object.keys(emptyLine()).map((name) => [name, value(name)])) as unknown as LogLine;
}

test('a line of the access log comes out of a ring as it went in', () => {
  const text = headerText.map((each) => each.slice(0, 512));
  const number = fc.double({ min: 0, max: 2 ** 50, noNaN: true });
  const tls = fc.record({
    sni: text,
    tlsVersion: fc.constant('TLSv1.3'),
    tlsCipher: text,
    tlsResumed: text,
    clientCert: text,
  });
  const noTls = fc.constant({ sni: '', tlsVersion: '', tlsCipher: '', tlsResumed: '', clientCert: '' });
  const plain = fc.record({
    time: number,
    status: fc.integer({ min: 0, max: 999 }),
    attempts: fc.integer({ min: 0, max: 100 }),
    version: fc.constantFrom(0, 10, 11),
    bytesIn: fc.maxSafeNat(),
    bytesOut: fc.maxSafeNat(),
    queueMs: number,
    connectMs: fc.constant(-1),
    firstByteMs: number,
    totalMs: number,
    severity: fc.constantFrom(0 as const, 1 as const, 2 as const),
    requestId: text,
    client: text,
    method: text,
    target: text,
    host: text,
    listener: text,
    route: text,
    pool: text,
    endpoint: text,
    reason: text,
    userAgent: text,
    referer: text,
  });
  const lines = fc.tuple(plain, fc.oneof(tls, noTls)).map(([line, ofTls]) => ({ ...line, ...ofTls }));
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 5 }), (several) => {
      const buffer = createLogRing(64 * 1024);
      const [writer, reader] = [new LineWriter(buffer), new LineReader(buffer)];
      for (const line of several) assert.equal(writer.write(line), true);
      for (const line of several) {
        assert.equal(reader.next(), true);
        assert.deepEqual(lineOf(reader), { ...line });
        reader.release();
      }
      assert.equal(reader.next(), false);
    }),
  );
});
