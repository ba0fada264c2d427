import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from '../core/errors.ts';
import { brokenBytes, brokenLines } from './answer-rules.ts';

test('bytes that no head may hold are named, and no others are', () => {
  assert.equal(brokenBytes('HTTP/1.1 200 OK\r\na: b\r\n'), null);
  assert.equal(brokenBytes('HTTP/1.1 200 OK\r'), null);
  assert.equal(brokenBytes('a: \u00e4\t\r\n'), null);
  assert.equal(brokenBytes('\na'), 'lone LF in head');
  assert.equal(brokenBytes('a\r\nb\n'), 'lone LF in head');
  assert.equal(brokenBytes('a\rb\r\n'), 'lone CR in head');
  assert.equal(brokenBytes('a\u0000\r\n'), 'control character in head');
  assert.equal(brokenBytes('a\u007f\r\n'), 'control character in head');
});

test('each rule that header lines can break has words of its own', () => {
  const head = (lines: string): string => `HTTP/1.1 200 OK\r\n${lines}\r\n`;
  const badForm = (lines: string): string => brokenLines(FAULTS.badHeader, head(lines));
  assert.equal(badForm(' a: b\r\n'), 'folded header line');
  assert.equal(badForm('a: b\r\n\tc\r\n'), 'folded header line');
  assert.equal(badForm('x: y\r\na : b\r\n'), 'blank before a colon');
  assert.equal(badForm('no colon\r\n'), 'malformed header line');
  assert.equal(badForm('a: b\n'), 'lone LF in head');
  assert.equal(brokenLines(FAULTS.headTooLarge, head('')), 'too many header lines');
  assert.equal(brokenLines(FAULTS.badContentLength, head('')), 'repeated or malformed Content-Length');
  assert.equal(brokenLines(FAULTS.unknownCoding, head('')), 'transfer coding other than chunked');
  assert.match(brokenLines(FAULTS.badTransferEncoding, head('')), /^malformed Transfer-Encoding/);
});
