import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostsServed } from './hosts-served.ts';
import { LATELY_MS } from './request-kinds.ts';

test('every host says something about an endpoint that has answered none, or none lately', () => {
  const hosts = new HostsServed();
  assert.equal(hosts.isEvidence(7, 0), true);
  hosts.served(5, 0);
  assert.equal(hosts.isEvidence(7, LATELY_MS - 1), false);
  assert.equal(hosts.isEvidence(7, LATELY_MS), true);
});

test('a host says something about an endpoint that has answered it lately', () => {
  const hosts = new HostsServed();
  for (const host of [5, 6, -7]) hosts.served(host, host);
  assert.deepEqual(
    [5, 6, -7, 8].map((host) => hosts.isEvidence(host, 10)),
    [true, true, true, false],
  );
  hosts.served(6, LATELY_MS);
  assert.deepEqual(
    [5, 6].map((host) => hosts.isEvidence(host, LATELY_MS + 5)),
    [false, true],
  );
});

test('hosts that no client has chosen say something, and make no other one known', () => {
  const hosts = new HostsServed();
  hosts.served(0, 0);
  assert.deepEqual([hosts.isEvidence(0, 1), hosts.isEvidence(5, 1)], [true, false]);
  hosts.served(5, 1);
  hosts.served(0, 2);
  assert.deepEqual([hosts.isEvidence(0, 3), hosts.isEvidence(5, 3), hosts.isEvidence(6, 3)], [true, true, false]);
});

test('of more hosts than there are places some are known, and none that was never answered', () => {
  const hosts = new HostsServed();
  for (let host = 1; host <= 1000; host++) hosts.served(host, 0);
  const known = Array.from({ length: 2000 }, (_none, index) => index + 1).filter((host) => hosts.isEvidence(host, 1));
  assert.ok(known.length >= 64 && known.every((host) => host <= 1000), known.join(' '));
});
