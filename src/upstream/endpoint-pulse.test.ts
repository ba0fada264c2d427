import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointPulse } from './endpoint-pulse.ts';

test('an endpoint was heard of when its reads have last changed, as near as the heartbeats are', () => {
  const pulse = new EndpointPulse();
  assert.equal(pulse.heardAt(0, 100), -Infinity);
  assert.equal(pulse.heardAt(3, 200), 200);
  assert.equal(pulse.heardAt(3, 300), 200);
  assert.equal(pulse.heardAt(4, 400), 400);
});

test('an endpoint keeps the three requests that were answered last', () => {
  const pulse = new EndpointPulse();
  for (const sentAt of [1, 2, 3, 4]) pulse.answered(sentAt);
  assert.deepEqual([...pulse.sentAt].sort(), [2, 3, 4]);
});
