import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/load.ts';
import { describeShortage } from './descriptor-shortage.ts';
import type { SystemFacts } from './machine.ts';
import { isShortage } from './shortage-error.ts';

function machineWith(descriptors: number): SystemFacts {
  const limits = `Limit  Soft  Hard\nMax open files            ${descriptors}                ${descriptors}                files\n`;
  const read = (path: string): string | null => (path === '/proc/self/limits' ? limits : null);
  return { processors: 4, available: 4, canShare: true, read };
}

function configOf(text: string): Config {
  const parsed = parseConfig(`pools: { web: [localhost:8081] }\n${text}`, 'a.yaml');
  assert.ok('config' in parsed);
  return parsed.config;
}

describe('too few descriptors', () => {
  test('too few descriptors are said with what is needed and how the limit is raised', () => {
    const shortage = describeShortage(configOf(''), machineWith(60)) ?? '';
    assert.match(shortage, /^this process may have 60 files and sockets open, and 4 threads need at least 100\. Raise/);
    assert.match(shortage, /ulimit -n 65536 .* LimitNOFILE=65536 .* --ulimit nofile=65536:65536/);
  });

  test('too few descriptors lead to fewer threads where these would do', () => {
    assert.match(describeShortage(configOf(''), machineWith(80)) ?? '', /Or take fewer threads: --threads 1\.$/);
    assert.doesNotMatch(describeShortage(configOf(''), machineWith(60)) ?? '', /--threads/);
    assert.match(describeShortage(configOf('threads: 1'), machineWith(60)) ?? '', /and 1 thread needs at least 73\./);
  });

  test('descriptors are not too few where each thread has its listeners, and some connections are left', () => {
    assert.equal(describeShortage(configOf(''), machineWith(100)), null);
    const two = 'listeners: { a: "127.0.0.1:0", b: "127.0.0.1:0" }';
    assert.notEqual(describeShortage(configOf(two), machineWith(100)), null);
    assert.equal(describeShortage(configOf(two), machineWith(104)), null);
  });

  test('too few descriptors are recognised in whatever error of Node they come to light', () => {
    const emfile = Object.assign(new Error('open'), { code: 'EMFILE' });
    const worker = Object.assign(new Error('Worker initialization failure: EMFILE'), {
      code: 'ERR_WORKER_INIT_FAILED',
    });
    const config = new Error('Cannot read package config /a/package.json: too many open files.');
    for (const error of [emfile, worker, config]) assert.ok(isShortage(error));
    for (const error of [new Error('EMFILES'), 'EMFILE', null]) assert.ok(!isShortage(error));
  });
});
