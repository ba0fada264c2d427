import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloseKind } from '../net/transport.ts';
import { AddressWalk } from './connect-failure.ts';

const because = (kind: CloseKind) => ({ kind, code: '' });

test('a connect tries each address of its endpoint once, from the preferred one on', () => {
  const walk = new AddressWalk(1);
  const indexes = [walk.index];
  while (walk.next(because('refused'), 3)) indexes.push(walk.index);
  assert.deepEqual(indexes, [1, 2, 0]);
});

test('a connect stays at its address where another one would help no more', () => {
  for (const kind of ['reset', 'ours', 'local', 'error'] as const)
    assert.equal(new AddressWalk(0).next(because(kind), 2), false, kind);
  assert.equal(new AddressWalk(0).next(because('unreachable'), 2), true);
});
