import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { writtenOut } from './written-out.ts';

/** A stream whose reader takes nothing before it is told to. */
function createStuck(): { readonly stream: Writable; readonly taken: string[]; take: () => void } {
  const taken: string[] = [];
  let go = (): void => {};
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      go = () => {
        taken.push(String(chunk));
        done();
      };
    },
  });
  return { stream, taken, take: () => go() };
}

describe('what a command has printed', () => {
  it('what a command has printed is waited for, however long its reader takes', async () => {
    const { stream, taken, take } = createStuck();
    stream.write('a');
    stream.write('b');
    let isOut = false;
    const out = writtenOut([stream], Infinity).then(() => (isOut = true));
    await new Promise(setImmediate);
    assert.equal(isOut, false);
    // Both, and the empty write behind them.
    for (let count = 0; count < 3; count++) {
      take();
      await new Promise(setImmediate);
    }
    await out;
    assert.deepEqual(taken.slice(0, 2), ['a', 'b']);
  });

  it('what a command has printed is waited for no longer than its reader is there', async () => {
    const { stream } = createStuck();
    stream.on('error', () => {});
    stream.write('a');
    const out = writtenOut([stream], Infinity);
    stream.destroy(new Error('EPIPE'));
    await out;
    await writtenOut([stream], Infinity);
  });

  it('what a balancer has printed does not hold up its end where nobody reads', async () => {
    const { stream, taken } = createStuck();
    stream.write('a');
    await writtenOut([stream], 1);
    assert.deepEqual(taken, []);
  });
});
