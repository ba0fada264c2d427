import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseAnsiScreen } from '../../scripts/pictures/ansi-screen.ts';
import { drawTerminal } from '../../scripts/pictures/draw-terminal.ts';
import { SCENES } from '../../scripts/pictures/scenes.ts';

const MOST_BYTES = 60 * 1024;

describe('a captured screen', () => {
  test('a captured screen is runs of one style, at their places, and styles go on over the ends of lines', () => {
    const rows = parseAnsiScreen('ab\u001b[1;31mcd\n漢e\u001b[0mf');
    const seen = rows.map((runs) =>
      runs.map(({ text, column, cells, style }) => [text, column, cells, style.isBold, style.color]),
    );
    assert.deepEqual(seen, [
      [
        ['ab', 0, 2, false, null],
        ['cd', 2, 2, true, '#ff7b72'],
      ],
      [
        ['漢e', 0, 3, true, '#ff7b72'],
        ['f', 3, 1, false, null],
      ],
    ]);
  });

  test('a captured screen has the colours of 16, of 256 and of all', () => {
    const colorOf = (codes: string): string | null => parseAnsiScreen(`\u001b[${codes}mx`)[0][0].style.color;
    assert.equal(colorOf('92'), '#56d364');
    assert.equal(colorOf('38;5;196'), 'rgb(255,0,0)');
    assert.equal(colorOf('38;5;232'), 'rgb(8,8,8)');
    assert.equal(colorOf('38;2;1;2;3'), 'rgb(1,2,3)');
    assert.equal(colorOf('32;39'), null);
    assert.equal(parseAnsiScreen('\u001b[38;5;1;1mx')[0][0].style.isBold, true);
  });

  test('a captured screen with a sequence that is no style is refused', () => {
    assert.throws(() => parseAnsiScreen('\u001b[2Jx'), /no style/);
  });
});

describe('the picture of a screen', () => {
  test('the picture of a screen has the text as text, bars drawn, and nothing of the blank rows below', () => {
    const svg = drawTerminal('a & b', 20, parseAnsiScreen('1 < 2\n\u001b[32m██▌\u001b[39m 50%\n\n'));
    assert.match(svg, /<title>a &amp; b<\/title>/);
    assert.match(svg, />1 &lt; 2<\/text>/);
    assert.match(svg, />50%<\/text>/);
    assert.equal(svg.match(/<rect [^>]*fill="#3fb950"/g)?.length, 3);
    assert.match(svg, /height="104"/);
  });
});

describe('the pictures of the docs', () => {
  test('the pictures of the docs are there for each scene, with its title, and small', () => {
    for (const { name, title } of SCENES) {
      const svg = readFileSync(new URL(`../../docs/images/${name}.svg`, import.meta.url), 'utf8');
      assert.ok(Buffer.byteLength(svg) < MOST_BYTES, name);
      assert.ok(svg.includes(`<title>${title}</title>`), name);
      assert.doesNotMatch(svg, /command not found|ended with code/, name);
    }
  });
});
