import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readMachine } from './machine.ts';
import type { SystemFacts } from './machine.ts';

const LIMITS = 'Limit  Soft  Hard\nMax open files            20256                20256                files\n';
const FILES: Readonly<Record<string, string>> = {
  '/proc/self/limits': LIMITS,
  '/proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t0-7\n',
  '/proc/sys/net/ipv4/tcp_migrate_req': '0\n',
};

function system(files: Readonly<Record<string, string>>, facts: Partial<SystemFacts> = {}): SystemFacts {
  const all = { ...FILES, ...files };
  return { processors: 8, available: 8, canShare: true, ...facts, read: (path) => all[path] ?? null };
}

const AUTO = { threads: 'auto', settings: { maxConnections: 'auto' } } as const;

function threads(facts: SystemFacts): string {
  const { threads: count, threadsReason } = readMachine(AUTO, facts);
  return `${count}: ${threadsReason}`;
}

describe('the threads of a machine', () => {
  test('the threads of a machine are all its processors, or as many as the config says', () => {
    assert.equal(threads(system({})), '8: auto: all 8 processors');
    const { threads: count, threadsReason } = readMachine({ ...AUTO, threads: 3 }, system({}));
    assert.deepEqual([count, threadsReason], [3, 'as the config says']);
  });

  test('the threads of a machine are bounded by affinity, and by the quotas of both cgroup versions, which are told apart', () => {
    const affinity = { '/proc/self/status': 'Cpus_allowed_list:\t0-2,5\n' };
    assert.equal(threads(system(affinity, { available: 4 })), '4: auto: affinity, of 8 processors');
    assert.equal(threads(system(affinity, { available: 2 })), '2: auto: a cgroup v2 quota, of 4 processors');
    const v1 = { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '250000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' };
    assert.equal(threads(system(v1)), '2: auto: a cgroup v1 quota, of 8 processors');
  });

  test('the threads of a machine are one where threads cannot share an address', () => {
    assert.equal(threads(system({}, { canShare: false })), '1: auto: threads cannot share an address on this system');
  });
});

describe('the connections of a machine', () => {
  test('the connections of a machine are three quarters of the descriptors that are left', () => {
    const { descriptors, maxConnections, connectionsReason } = readMachine(AUTO, system({}));
    assert.deepEqual([descriptors, maxConnections], [20_256, 15_000]);
    assert.match(connectionsReason, /^auto: three quarters .* 20256 descriptors$/);
  });

  test('the connections of a machine are what the config says, with a word where that is more than there are descriptors', () => {
    const say = (maxConnections: number): string =>
      readMachine({ ...AUTO, settings: { maxConnections } }, system({})).connectionsReason;
    assert.equal(say(100), 'as the config says');
    assert.equal(say(30_000), 'as the config says; more than the limit of 20256 descriptors allows');
  });
});

test('tcp_migrate_req is said to matter only where several threads listen', () => {
  const of = (value: string | null, count: number): string => {
    const files: Record<string, string> = value === null ? {} : { '/proc/sys/net/ipv4/tcp_migrate_req': value };
    const facts = system(files);
    const read: SystemFacts['read'] = (path) => (value === null && path.endsWith('_req') ? null : facts.read(path));
    const machine = readMachine({ ...AUTO, threads: count }, { ...facts, read });
    return `${machine.tcpMigrateReq}: ${machine.tcpMigrateReqMeaning}`;
  };
  assert.match(of('0', 4), /^0: .* are reset/);
  assert.match(of('1', 4), /^1: .* go to another$/);
  assert.match(of(null, 4), /^null: not on this system/);
  for (const value of ['0', '1', null]) assert.match(of(value, 1), /of no matter with one thread$/);
});
