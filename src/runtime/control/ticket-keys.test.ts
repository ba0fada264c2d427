import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTime } from '../../../test/support/fake-time.ts';
import { TicketKeys } from './ticket-keys.ts';

const HALF_DAY_MS = 12 * 3_600_000;

describe('keys of session tickets', () => {
  it('keys of session tickets are changed every 12 hours, and the one before stays for as long', () => {
    const time = new FakeTime();
    let changes = 0;
    const keys = new TicketKeys(time, () => changes++);
    const seen = [keys.all];
    assert.equal(keys.all.length, 1);
    for (let round = 1; round <= 3; round++) {
      time.advance(HALF_DAY_MS - 1);
      assert.equal(changes, round - 1);
      time.advance(1);
      assert.equal(changes, round);
      assert.equal(keys.all.length, 2);
      assert.equal(keys.all[1], seen.at(-1)?.[0]);
      seen.push(keys.all);
    }
    const all = seen.map(([newest]) => Buffer.from(newest));
    assert.deepEqual([...new Set(all.map(({ length }) => length))], [48]);
    assert.equal(new Set(all.map((key) => key.toString('hex'))).size, 4);
    keys.close();
    time.advance(2 * HALF_DAY_MS);
    assert.equal(changes, 3);
  });
});
