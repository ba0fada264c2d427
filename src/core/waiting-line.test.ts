import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../core/random.ts';
import { WaitingLine } from './waiting-line.ts';

test('a line serves in the order of joining, whoever leaves in between', (t) => {
  const seed = Number(process.env['SEED'] ?? (Math.random() * 0x7fffffff) | 0);
  t.diagnostic(`seed ${seed}`);
  const random = createSeededRandom(seed);
  const line = new WaitingLine<object>();
  const expected: object[] = [];
  const gone = {};
  for (let step = 0; step < 5000; step++) {
    const kind = random.next();
    if (kind < 0.45) {
      const waiter = { step };
      line.join(waiter);
      expected.push(waiter);
    } else if (kind < 0.7) {
      const [waiter = gone] = expected.splice(Math.floor(random.next() * expected.length), 1);
      assert.equal(line.leave(waiter), waiter !== gone);
      assert.equal(line.leave(waiter), false);
    } else {
      assert.equal(line.shift(), expected.shift() ?? null);
    }
    assert.equal(line.first, expected[0] ?? null);
    assert.equal(line.size, expected.length);
  }
});
