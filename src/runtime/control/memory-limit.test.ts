import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countMemory } from './memory-limit.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

test('memory.max: auto is a quarter of the smaller of machine and cgroup limit', () => {
  assert.equal(countMemory('auto', { total: 8 * GIB, constrained: 2 * GIB }), 512 * MIB);
  assert.equal(countMemory('auto', { total: 8 * GIB, constrained: 0 }), 2 * GIB);
  // Without a limit the kernel names one that no machine has.
  assert.equal(countMemory('auto', { total: 8 * GIB, constrained: 2 ** 63 }), 2 * GIB);
});

test('memory.max: auto is 64 MiB on the smallest machine, and what is written is taken as it is', () => {
  assert.equal(countMemory('auto', { total: 128 * MIB, constrained: 100 * MIB }), 64 * MIB);
  assert.equal(countMemory(MIB, { total: 128 * MIB, constrained: 0 }), MIB);
});
