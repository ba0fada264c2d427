import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FAULTS } from '../core/errors.ts';
import { isChunkedOnly, parseContentLength, transferEncodingFault } from './framing.ts';

test('every Content-Length that can be counted exactly is read as it is written', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (length) => assert.equal(parseContentLength(String(length)), length)));
  assert.equal(parseContentLength('0'), 0);
  assert.equal(parseContentLength('0000000000000010'), 10);
  assert.equal(parseContentLength('9007199254740991'), Number.MAX_SAFE_INTEGER);
});

test('a Content-Length that is not a plain decimal number, or too large to count, is refused', () => {
  const texts = ['', '+1', '-1', ' 1', '1 ', '1,1', '0x10', '1e3', '1.0', '\u0661', '9007199254740992', '0'.repeat(17)];
  for (const text of texts) assert.equal(parseContentLength(text), -1, JSON.stringify(text));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      if (!/^[0-9]{1,16}$/.test(text)) assert.equal(parseContentLength(text), -1);
    }),
  );
});

test('chunked is recognised in any case, and only without anything around it', () => {
  for (const text of ['chunked', 'Chunked', 'CHUNKED']) assert.equal(isChunkedOnly(text), true);
  for (const text of ['chunked ', ' chunked', '\tchunked', 'chunked;a=b', 'chunked,', 'xchunked', ''])
    assert.equal(isChunkedOnly(text), false, JSON.stringify(text));
});

test('well-formed codings in front of one final chunked are not implemented', () => {
  const coding = fc.constantFrom('gzip', 'x-gzip', 'br;q=1', 'a ; b="c d"', 'deflate;x=y;z=1');
  const blank = fc.constantFrom('', ' ', '\t');
  fc.assert(
    fc.property(fc.array(fc.tuple(blank, coding, blank), { minLength: 1, maxLength: 4 }), (list) => {
      const text = [...list.map((parts) => parts.join('')), ' chunked'].join(',');
      assert.equal(transferEncodingFault(text), FAULTS.unknownCoding);
    }),
  );
});

test('a message whose end cannot be known is malformed', () => {
  const texts = [
    '',
    'gzip',
    'identity',
    'chunked, gzip',
    'chunked, chunked',
    'chunked;a=b, chunked',
    ', chunked',
    'gzip,, chunked',
    'gzip chunked',
    'g(zip), chunked',
    'gzip;, chunked',
    'gzip;q, chunked',
    'gzip, chunked;a=b',
    'chunke, d',
  ];
  for (const text of texts) assert.equal(transferEncodingFault(text), FAULTS.badTransferEncoding, text);
});
