import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EditedLines } from './edited-lines.ts';
import type { HeaderEdit } from './edited-lines.ts';

const LINES = 'Host_x: a\r\naccept: b\r\nCookie: c\r\nACCEPT: d\r\nEmpty:\r\n';

function edited(lines: string, edits: readonly HeaderEdit[], added = ''): [base: string, added: string] {
  const under = new EditedLines().begin(lines, added);
  for (const edit of edits) under.apply(edit);
  return [under.base, under.added];
}

describe('edits of header lines', () => {
  it('edits of header lines take out, put in the place of, add, and add where there is none', () => {
    assert.deepEqual(edited(LINES, []), [LINES, '']);
    assert.deepEqual(
      edited(LINES, [
        { kind: 'remove', name: 'Cookie' },
        { kind: 'set', name: 'Accept', value: 'e' },
        { kind: 'add', name: 'Empty', value: 'f' },
        { kind: 'default', name: 'Empty', value: 'g' },
        { kind: 'default', name: 'New', value: 'h' },
        { kind: 'default', name: 'new', value: 'i' },
      ]),
      ['Host_x: a\r\nEmpty:\r\n', 'Accept: e\r\nEmpty: f\r\nNew: h\r\n'],
    );
  });

  it('edits of header lines that add alone leave what was there the same', () => {
    const [base, added] = edited(LINES, [
      { kind: 'add', name: 'X', value: '1' },
      { kind: 'set', name: 'Y', value: '2' },
      { kind: 'remove', name: 'Z' },
    ]);
    assert.equal(base, LINES);
    assert.equal(added, 'X: 1\r\nY: 2\r\n');
  });

  it('an edit of header lines sees what those before it have made', () => {
    assert.deepEqual(
      edited('a: 1\r\n', [
        { kind: 'add', name: 'a', value: '2' },
        { kind: 'remove', name: 'A' },
        { kind: 'set', name: 'b', value: '3' },
        { kind: 'set', name: 'B', value: '4' },
      ]),
      ['', 'B: 4\r\n'],
    );
    assert.deepEqual(edited('', [{ kind: 'remove', name: 'a' }], 'A: 1\r\nb: 2\r\n'), ['', 'b: 2\r\n']);
  });
});
