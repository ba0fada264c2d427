import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat, processTree, sampleCpu } from './cpu-accounting.ts';

test('a process name with blanks and parentheses does not shift the fields behind it', () => {
  const stat = parseStat('42 (a (b) c) S 7 42 42 0 -1 4194304 102 0 0 0 300 200 0 0 20 0 1 0 1 1 1');
  assert.equal(stat.name, 'a (b) c');
  assert.equal(stat.parent, 7);
  assert.equal(stat.userUs / stat.systemUs, 1.5);
});

test('CPU that this process burns shows in its sample', { skip: process.platform !== 'linux' }, () => {
  const tree = processTree(process.pid);
  assert.ok(tree.includes(process.pid));
  const before = sampleCpu([process.pid]);
  while (process.cpuUsage().user < before.userUs + 60_000) Math.sqrt(2);
  assert.ok(sampleCpu([process.pid]).userUs > before.userUs);
});
