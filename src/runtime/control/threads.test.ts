import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countConnections } from './descriptors.ts';
import { boundByQuota, countThreads } from './threads.ts';

const filesOf = (files: Readonly<Record<string, string>>) => (path: string) => files[path] ?? null;

describe('threads: auto', () => {
  it('threads: auto is what the machine gives where no quota is set', () => {
    assert.equal(boundByQuota(8, filesOf({})), 8);
    assert.equal(boundByQuota(8, filesOf({ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n' })), 8);
  });

  it('threads: auto is bounded by a cgroup v1 quota of the root, our own cgroup or one above it', () => {
    for (const directory of ['', '/app', '/app/web']) {
      const files = {
        '/proc/self/cgroup': '7:memory:/app/web\n4:cpu,cpuacct:/app/web\n',
        [`/sys/fs/cgroup/cpu${directory}/cpu.cfs_quota_us`]: '250000\n',
        [`/sys/fs/cgroup/cpu${directory}/cpu.cfs_period_us`]: '100000\n',
      };
      assert.equal(boundByQuota(8, filesOf(files)), 2);
    }
  });

  it('threads: auto is at least one', () => {
    const files = { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '20000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' };
    assert.equal(boundByQuota(8, filesOf(files)), 1);
    assert.ok(countThreads('auto') >= 1);
  });

  it('threads: auto does not matter where the config has a number', () => {
    assert.equal(countThreads(0), 0);
    assert.equal(countThreads(17), 17);
  });
});

describe('maxConnections: auto', () => {
  const limitOf = (limit: string) =>
    filesOf({ '/proc/self/limits': `Max open files            ${limit}     4096  files\n` });

  it('maxConnections: auto is three quarters of the descriptors, less 256', () => {
    assert.equal(countConnections('auto', limitOf('1256')), 750);
  });

  it('maxConnections: auto is something sensible without a limit, and with one that is too low', () => {
    assert.ok(countConnections('auto', limitOf('unlimited')) > 100_000);
    assert.equal(countConnections('auto', limitOf('200')), 16);
    assert.ok(countConnections('auto', filesOf({})) > 1000);
  });

  it('maxConnections: auto does not matter where the config has a number', () => {
    assert.equal(countConnections(5, filesOf({})), 5);
  });
});
