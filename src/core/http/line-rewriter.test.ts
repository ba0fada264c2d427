import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeaderEditsSpec } from '../rewriting-spec.ts';
import { LineRewriter } from './line-rewriter.ts';
import type { TemplateValues } from './template.ts';

const NOTHING: HeaderEditsSpec = { remove: [], rename: [], replace: [], default: [], set: [], add: [] };
const VALUES = { clientIp: '10.0.0.1', requestId: 'id', lines: 'Other: o\r\n' } as TemplateValues;
const LINES = 'Host_x: a\r\nAccept:\t b, c \r\naccept:d\r\nEmpty:\r\nCookie: track=1; s=2\r\n';

function rewritten(spec: Partial<HeaderEditsSpec>, lines = LINES): string {
  const rewriter = new LineRewriter({ ...NOTHING, ...spec });
  const early = rewriter.rewrite(lines, VALUES);
  return early + rewriter.late(early, VALUES);
}

describe('what a config makes of header lines', () => {
  it('header lines that a config does not name stay as they came', () => {
    assert.equal(rewritten({}), LINES);
    assert.equal(rewritten({ remove: ['none'], rename: [['no', 'x']], replace: [['nil', '.', '']] }), LINES);
  });

  it('header lines are removed, renamed, replaced, added by default, set and added, in this order', () => {
    assert.equal(
      rewritten({
        remove: ['empty', 'X'],
        rename: [['ACCEPT', 'X']],
        replace: [
          ['x', '[bd]', '<$&>'],
          ['cookie', 'track=[^;]*;? ?', ''],
        ],
        default: [
          ['Empty', 'e'],
          ['x', 'f'],
        ],
        set: [['Host_x', 'g']],
        add: [['X', '{client.ip}']],
      }),
      'X: <b>, c\r\nX: <d>\r\nCookie: s=2\r\nEmpty: e\r\nHost_x: g\r\nX: 10.0.0.1\r\n',
    );
  });

  it('an empty value writes no line, and takes out the one that was there', () => {
    assert.equal(
      rewritten({ set: [['accept', '{header.none}']], add: [['A', '']], default: [['B', '']] }),
      'Host_x: a\r\nEmpty:\r\nCookie: track=1; s=2\r\n',
    );
    assert.equal(
      rewritten({
        replace: [
          ['cookie', '.*', ''],
          ['empty', 'x', 'y'],
        ],
      }),
      'Host_x: a\r\nAccept:\t b, c \r\naccept:d\r\nEmpty:\r\n'.replace('Empty:', 'Empty: '),
    );
  });

  it('what differs each time is written apart, and still in the place of what was there', () => {
    const rewriter = new LineRewriter({
      ...NOTHING,
      set: [
        ['Accept', '{request.id}'],
        ['B', 'b'],
      ],
      default: [['Empty', '{time}']],
    });
    const early = rewriter.rewrite(LINES, VALUES);
    assert.equal(early, 'Host_x: a\r\nEmpty:\r\nCookie: track=1; s=2\r\nB: b\r\n');
    assert.equal(rewriter.late(early, VALUES), 'Accept: id\r\n');
    assert.deepEqual([rewriter.hasLate, rewriter.isFixed], [true, true]);
    assert.equal(new LineRewriter({ ...NOTHING, set: [['A', '{client.ip}']] }).isFixed, false);
  });
});
