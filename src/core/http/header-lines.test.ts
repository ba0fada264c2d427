import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { each, find, findLine, has, valuesOf, without } from './header-lines.ts';

const LINES = 'Host_x: a\r\nAccept:\t b, c \r\naccept:d\r\nEmpty:\r\nCookie: accept: z\r\n';

describe('header lines', () => {
  it('header lines are found by name in any case, and never inside a value or a longer name', () => {
    assert.equal(find(LINES, 'accept'), 'b, c');
    assert.equal(find(LINES, 'host_x'), 'a');
    assert.equal(find(LINES, 'empty'), '');
    assert.equal(find(LINES, 'z'), null);
    for (const name of ['hos', 'ccept', 'ost_x', 'host-x', 'accept: b']) assert.ok(!has(LINES, name), name);
    assert.ok(!has('', 'a'));
  });
  it('header lines are found one after another', () => {
    const first = findLine(LINES, 'accept');
    const second = findLine(LINES, 'accept', LINES.indexOf('\n', first) + 1);
    assert.equal(LINES.slice(second, second + 8), 'accept:d');
    assert.equal(findLine(LINES, 'accept', LINES.indexOf('\n', second) + 1), -1);
  });
  it('header lines of one name give their values in order, empty ones among them', () => {
    assert.deepEqual(valuesOf(LINES, 'accept'), ['b, c', 'd']);
    assert.deepEqual(valuesOf(LINES, 'empty'), ['']);
    assert.deepEqual(valuesOf(LINES, 'ccept'), []);
  });
  it('header lines are gone through in order', () => {
    const seen: string[] = [];
    each(LINES, (name, value) => seen.push(`${name}=${value}`));
    assert.deepEqual(seen, ['host_x=a', 'accept=b, c', 'accept=d', 'empty=', 'cookie=accept: z']);
  });
  it('header lines go out by name, the others as they came', () => {
    assert.equal(without(LINES, new Set(['accept', 'cookie'])), 'Host_x: a\r\nEmpty:\r\n');
    assert.equal(without(LINES, new Set(['none'])), LINES);
    assert.equal(without('', new Set(['a'])), '');
  });
});
