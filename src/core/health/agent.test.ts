import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SILENT_AGENT, heedAgent } from './agent.ts';
import type { AgentState } from './agent.ts';

function after(...lines: readonly string[]): AgentState {
  return lines.reduce((state, line) => heedAgent(state, line)?.state ?? state, SILENT_AGENT);
}

describe('heedAgent', () => {
  const words: readonly (readonly [string, Partial<AgentState>])[] = [
    ['75%', { percent: 75 }],
    ['0%', { percent: 0 }],
    ['150%', { percent: 150 }],
    ['99999999999%', { percent: 25_600 }],
    ['up', {}],
    ['down', { isDown: true }],
    ['stopped', { isDown: true }],
    ['fail', { isDown: true }],
    ['ready', {}],
    ['drain', { standing: 'drain' }],
    ['maint', { standing: 'maintenance' }],
    ['maxconn:10', { maxConnections: 10 }],
    ['DOWN', { isDown: true }],
    ['MaxConn:7', { maxConnections: 7 }],
  ];
  for (const [word, expected] of words) {
    it(`heedAgent understands ${word}`, () => {
      assert.deepEqual(after(`${word}\n`), { ...SILENT_AGENT, ...expected });
    });
  }

  it('heedAgent takes several words of a line, however they are parted, and the last of each kind', () => {
    const expected = { percent: 75, standing: 'maintenance', isDown: true, maxConnections: 30 };
    assert.deepEqual(after('75%,maxconn:30,maint,down\n'), expected);
    assert.deepEqual(after('\t10% up  drain ,75%\tmaint, maxconn:30 down \r\nignored\n'), expected);
  });

  it('heedAgent leaves what is not mentioned, or nothing at all, as it was', () => {
    assert.deepEqual(after('75% drain down maxconn:3\n', '\n', ' # fine\r\n', '50%\n'), {
      percent: 50,
      standing: 'drain',
      isDown: true,
      maxConnections: 3,
    });
  });

  it('heedAgent ends maintenance and drain by ready alone, and down by up alone', () => {
    assert.equal(after('maint\n', 'up 100%\n').standing, 'maintenance');
    assert.equal(after('drain\n', 'up 100%\n').standing, 'drain');
    assert.equal(after('maint\n', 'ready\n').standing, 'ready');
    assert.equal(after('down\n', 'ready 100%\n').isDown, true);
    assert.equal(after('down\n', 'up\n').isDown, false);
  });

  it('heedAgent says nothing by a line without its end', () => {
    for (const text of ['', 'down', '75% # and']) assert.equal(heedAgent(SILENT_AGENT, text), null);
  });

  it('heedAgent knows no word that # or anything else is glued to, and takes those beside it', () => {
    const word = heedAgent(SILENT_AGENT, 'down#disk 75%x maxconn:ten drain 5 up: half%\n');
    assert.deepEqual(word?.state, { ...SILENT_AGENT, standing: 'drain' });
    assert.deepEqual(word?.unknown, ['down#disk', '75%x', 'maxconn:ten', '5', 'up:', 'half%']);
  });

  it('heedAgent has what follows # for its reason, else its words', () => {
    assert.equal(heedAgent(SILENT_AGENT, 'down # disk full, up soon\n')?.reason, 'disk full, up soon');
    assert.equal(heedAgent(SILENT_AGENT, 'down #\u001b[2Jx\n')?.reason, ' [2Jx'.trim());
    assert.equal(heedAgent(SILENT_AGENT, ' 75% up\n')?.reason, '75% up');
  });

  it('heedAgent takes whatever comes, and is the same after the same line twice', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const once = after(`${text}\n`);
        assert.deepEqual(after(`${text}\n`, `${text}\n`), once);
      }),
    );
  });
});
