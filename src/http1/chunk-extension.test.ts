import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExtensionScanner } from './chunk-extension.ts';

const NAME = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const EXTENSION = `${NAME}(?:=(?:${NAME}|${QUOTED}))?`;
/** RFC 9112 7.1.1 without the bad whitespace, as one expression: what stands behind the first `;`. */
const WHOLE = new RegExp(`^${EXTENSION}(?:;${EXTENSION})*\\r`);

interface Scan {
  readonly isDone: boolean;
  /** Where the scanner stopped. */
  readonly at: number;
}

/** Scans `text` in two reads that meet at `split`. */
function scan(text: string, split: number): Scan {
  const scanner = new ExtensionScanner();
  const bytes = Buffer.from(text, 'latin1');
  let at = scanner.scan(bytes, 0, Math.min(split, bytes.length));
  if (!scanner.done && !scanner.failed) at = scanner.scan(bytes, at, bytes.length);
  return { isDone: scanner.done, at };
}

test('chunk extensions are accepted as their grammar says, wherever the input is cut', () => {
  const piece = fc.constantFrom(
    'a',
    'Z9',
    ';',
    '=',
    '"',
    '\\',
    '\r',
    ' ',
    '\t',
    '\n',
    '\u00e4',
    '\u007f',
    '\u0001',
    '(',
  );
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, fc.nat(14), (input, split) => {
      const expected = WHOLE.exec(`${input}\r`);
      const found = scan(`${input}\r`, split);
      assert.equal(found.isDone, expected !== null);
      if (expected !== null) assert.equal(found.at, expected[0].length);
    }),
    { numRuns: 5000 },
  );
});

test('names, values and quoted values of chunk extensions may follow each other', () => {
  for (const text of ['a', 'a=b', 'a="b;c"', 'a="\\"";b', 'a=b;c="";d="\u00e4\t "'])
    assert.deepEqual(scan(`${text}\rX`, 3), { isDone: true, at: text.length + 1 }, text);
});

test('an empty name or value, a blank, and anything after a quoted value are refused in a chunk extension', () => {
  for (const text of [
    '',
    ';',
    'a;',
    'a=',
    'a==b',
    'a="b"c',
    'a="b"=',
    ' a',
    'a ;b',
    'a= b',
    'a=b c',
    'a="\u0001"',
    'a="\\\u007f"',
  ])
    assert.equal(scan(`${text}\rX`, 3).isDone, false, JSON.stringify(text));
});

test('a scanner of chunk extensions that is reset reads another line', () => {
  const scanner = new ExtensionScanner();
  scanner.scan(Buffer.from('=\r'), 0, 2);
  assert.equal(scanner.failed, true);
  scanner.reset();
  scanner.scan(Buffer.from('a\r'), 0, 2);
  assert.deepEqual([scanner.done, scanner.failed], [true, false]);
});
