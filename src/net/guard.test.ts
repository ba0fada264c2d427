import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Guard } from './guard.ts';

describe('the guard', () => {
  test('the guard tells the reporter first, then the owner', () => {
    const told: string[] = [];
    const guard = new Guard(() => told.push('reporter'));
    assert.equal(guard.caught(new Error('bug'), { onFault: () => told.push('owner') }), true);
    assert.deepEqual(told, ['reporter', 'owner']);
  });

  test('the guard says when the owner failed as well, and reports that, too', () => {
    const reported: unknown[] = [];
    const guard = new Guard((error) => reported.push(error));
    const [first, second] = [new Error('first'), new Error('second')];
    const owner = {
      onFault(): void {
        throw second;
      },
    };
    assert.equal(guard.caught(first, owner), false);
    assert.deepEqual(reported, [first, second]);
  });

  test('the guard outlives a reporter that throws', () => {
    const guard = new Guard(() => {
      throw new Error('no log');
    });
    let wasTold = false;
    assert.equal(guard.caught('bug', { onFault: () => (wasTold = true) }), true);
    assert.equal(wasTold, true);
  });
});
