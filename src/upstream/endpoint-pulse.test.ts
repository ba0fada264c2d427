import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointPulse } from './endpoint-pulse.ts';

test('an endpoint keeps the three requests that were answered last', () => {
  const pulse = new EndpointPulse();
  for (const sentAt of [1, 2, 3, 4]) pulse.answered(sentAt);
  assert.deepEqual([...pulse.sentAt].sort(), [2, 3, 4]);
});
