import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { bar, cellWidth, fit, fitLine, paint, piece, sparkline, wholePieces } from './cells.ts';

describe('text in cells', () => {
  test('text in cells is as wide as a terminal draws it', () => {
    const widths = { abc: 3, é: 1, 'e\u0301': 1, 漢字: 4, '👩‍👩‍👧': 2, '●▸█▁…': 5, '': 0 };
    for (const [text, width] of Object.entries(widths)) assert.equal(cellWidth(text), width, text);
  });

  test('text in cells is cut with an ellipsis, and never through a wide character', () => {
    assert.equal(fit('unhealthy', 5), 'unhe…');
    assert.equal(fit('漢字漢', 4), '漢… ');
    assert.equal(fit('ab', 4, 'right'), '  ab');
    assert.equal(fit('ab', 0), '');
  });

  test('text in cells takes exactly the cells it is given, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, width) => {
        assert.equal(cellWidth(fit(text, width)), width);
      }),
    );
  });

  test('text in cells never brings escape sequences of its own to the terminal', () => {
    assert.equal(fit('a\u001b[2Jb\n', 8), 'a·[2Jb· ');
    assert.equal(paint([piece('a\u0007b')], false), 'a·b');
  });
});

describe('a line of pieces', () => {
  const line = [piece('abc', 'bold'), piece('defg', 'red')];

  test('a line of pieces is cut at the width, in whichever piece that falls', () => {
    assert.equal(paint(fitLine(line, 5), false), 'abcd…');
    assert.equal(paint(fitLine(line, 3), false), 'abc');
    assert.equal(paint(fitLine(line, 7), false), 'abcdefg');
  });

  test('a line of pieces leaves out whole pieces where none may be cut', () => {
    assert.equal(paint(wholePieces(line, 6), false), 'abc');
    assert.equal(paint(wholePieces(line, 7), false), 'abcdefg');
  });

  test('a line of pieces has colours only where they are asked for', () => {
    assert.equal(paint(line, false), 'abcdefg');
    const colored = paint(line, true);
    assert.match(colored, /^\u001b\[1mabc\u001b\[22m\u001b\[31mdefg/);
    assert.equal(stripVTControlCharacters(colored), 'abcdefg');
  });
});

describe('a picture in cells', () => {
  test('a picture in cells is a bar in eighths of a cell, within its width', () => {
    assert.equal(bar(0.5, 4), '██  ');
    assert.equal(bar(1 / 32, 4), '▏   ');
    assert.equal(bar(0, 4), '    ');
    assert.equal(bar(7, 4), '████');
  });

  test('a picture in cells is a sparkline with the newest value right, nothing as a dot and the unknown as a blank', () => {
    assert.equal(sparkline([null, 0, 1, 5, 10], 5, 10), ' ·▁▅█');
    assert.equal(sparkline([1, 5, 10], 2, 10), '▅█');
    assert.equal(sparkline([10], 3, 10), '  █');
  });
});
