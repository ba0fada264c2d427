import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionKeeping } from './connection-keeping.ts';

const CONFIGURED = 4000;

test('an endpoint has to prove that it keeps connections: by a reuse, or by one that is idle for 100 ms', () => {
  const keeping = new ConnectionKeeping();
  assert.equal(keeping.isTrusted(0), false);
  assert.equal(keeping.lacksProof, true);
  keeping.laidIdle();
  assert.equal(keeping.isTrusted(0), true);
  assert.equal(keeping.lacksProof, false);
  const other = new ConnectionKeeping();
  other.reused();
  assert.equal(other.isTrusted(0), true);
});

test('a close right after an answer takes the proof away, a later one does not', () => {
  const keeping = new ConnectionKeeping();
  keeping.reused();
  keeping.closedIdle(100, 1000);
  assert.equal(keeping.isTrusted(1000), true);
  keeping.closedIdle(5, 20_000);
  assert.equal(keeping.isTrusted(20_000), false);
  keeping.reused();
  assert.equal(keeping.isTrusted(20_000), true);
});

test('a close under a request outweighs all proof for 60 s, renewed by each further one', () => {
  const keeping = new ConnectionKeeping();
  keeping.reused();
  keeping.closedUnderRequest(1000);
  keeping.reused();
  assert.equal(keeping.isTrusted(60_999), false);
  keeping.closedUnderRequest(50_000);
  keeping.reused();
  assert.equal(keeping.isTrusted(61_000), false);
  assert.equal(keeping.isTrusted(110_000), true);
});

test('two closes within 10 s teach 0.8 of the younger age, at least 100 ms', () => {
  const keeping = new ConnectionKeeping();
  keeping.closedIdle(1200, 10_000);
  assert.equal(keeping.idleLimit(CONFIGURED, 10_000), CONFIGURED);
  keeping.closedIdle(1000, 15_000);
  assert.equal(keeping.idleLimit(CONFIGURED, 15_000), 800);
  keeping.closedIdle(50, 17_000);
  assert.equal(keeping.idleLimit(CONFIGURED, 17_000), 100);
});

test('closes further apart than 10 s teach nothing', () => {
  const keeping = new ConnectionKeeping();
  keeping.closedIdle(1000, 0);
  keeping.closedIdle(1000, 10_001);
  assert.equal(keeping.idleLimit(CONFIGURED, 10_001), CONFIGURED);
});

test('what was learned doubles with each minute without a close, until the config holds again', () => {
  const keeping = new ConnectionKeeping();
  keeping.closedIdle(1000, 0);
  keeping.closedIdle(1000, 5000);
  assert.equal(keeping.idleLimit(CONFIGURED, 64_999), 800);
  assert.equal(keeping.idleLimit(CONFIGURED, 65_000), 1600);
  assert.equal(keeping.idleLimit(CONFIGURED, 125_000), 3200);
  assert.equal(keeping.idleLimit(CONFIGURED, 185_000), CONFIGURED);
  assert.equal(keeping.idleLimit(100_000, 185_000), 100_000);
});

test('an age under 20 ms teaches nothing about time: it is a limit of requests', () => {
  const keeping = new ConnectionKeeping();
  for (let at = 0; at < 8000; at += 2000) keeping.closedIdle(19, at);
  assert.equal(keeping.idleLimit(CONFIGURED, 8000), CONFIGURED);
});

test('three closes within a second are a restart, however many follow', () => {
  for (const count of [3, 4, 5, 6, 9]) {
    const keeping = new ConnectionKeeping();
    for (let index = 0; index < count; index++) keeping.closedIdle(500, 5000 + index);
    assert.equal(keeping.idleLimit(CONFIGURED, 6000), CONFIGURED, `${count} closes`);
  }
});

test('a refused connect beside two closes makes them a restart, before them and after', () => {
  const before = new ConnectionKeeping();
  before.refused(900);
  before.closedIdle(500, 1000);
  before.closedIdle(500, 1100);
  assert.equal(before.idleLimit(CONFIGURED, 1100), CONFIGURED);
  const after = new ConnectionKeeping();
  after.closedIdle(500, 1000);
  after.closedIdle(500, 1100);
  after.refused(1500);
  assert.equal(after.idleLimit(CONFIGURED, 1500), CONFIGURED);
});

test('a restart takes back only what it taught', () => {
  const keeping = new ConnectionKeeping();
  keeping.closedIdle(1000, 0);
  keeping.closedIdle(1000, 5000);
  for (let at = 30_000; at < 30_003; at++) keeping.closedIdle(300, at);
  assert.equal(keeping.idleLimit(CONFIGURED, 30_003), 800);
});
