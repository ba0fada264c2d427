import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogRing, align, createLogRing } from './log-ring.ts';

test('a ring gives what was put in, in order, and drops exactly what does not fit, however reads and writes alternate', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), bytes: fc.integer({ min: 16, max: 200 }) }),
    fc.record({ kind: fc.constant('read' as const) }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 64, max: 512 }), fc.array(step, { maxLength: 200 }), (size, steps) => {
      const buffer = createLogRing(size);
      const writer = new LogRing(buffer);
      const reader = new LogRing(buffer);
      const words = new Int32Array(buffer);
      const queue: { readonly id: number; readonly bytes: number }[] = [];
      let dropped = 0;
      for (const [id, each] of steps.entries()) {
        if (each.kind === 'write') {
          const bytes = align(each.bytes);
          const place = writer.reserve(bytes);
          const used = queue.reduce((sum, line) => sum + line.bytes, 0);
          if (place < 0) {
            dropped++;
            // An empty ring refuses only what is as large as itself, or has to go round to fit.
            assert.ok(
              used + bytes > 0 && (queue.length > 0 || bytes * 2 > size),
              `${bytes} of ${size} refused at ${used}`,
            );
            continue;
          }
          words[(place >> 2) + 2] = id;
          writer.publish(place, bytes);
          queue.push({ id, bytes });
        } else {
          const place = reader.peek();
          const expected = queue.shift();
          assert.equal(place < 0, expected === undefined);
          if (expected === undefined) continue;
          assert.deepEqual([words[(place >> 2) + 2], words[place >> 2]], [expected.id, expected.bytes]);
          reader.release(place);
        }
      }
      assert.equal(reader.dropped, dropped);
    }),
  );
});
