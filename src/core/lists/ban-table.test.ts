import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BanTable, createBanTable } from './ban-table.ts';

function tablesOf(keys: number): readonly [BanTable, BanTable] {
  const handle = createBanTable(keys, { low: 7, high: 9 });
  return [new BanTable(handle), new BanTable(structuredClone(handle))];
}

describe('a table of bans', () => {
  it('a table of bans tells every thread until when a client is banned, and that something has changed', () => {
    const [one, other] = tablesOf(100);
    const before = other.version;
    one.ban('192.0.2.1', 3_000_000_000);
    assert.equal(other.endOf('192.0.2.1'), 3_000_000_000);
    assert.equal(other.endOf('::ffff:192.0.2.1'), 3_000_000_000);
    assert.equal(other.endOf('192.0.2.2'), 0);
    assert.equal(other.endOf('unix'), 0);
    assert.notEqual(other.version, before);
    one.ban('192.0.2.1', 50);
    assert.equal(other.endOf('192.0.2.1'), 50);
    one.unban('192.0.2.1');
    assert.equal(other.endOf('192.0.2.1'), 0);
  });

  it('a table of bans takes a network of IPv6 of 64 bits for one client', () => {
    const [one, other] = tablesOf(100);
    one.ban('2001:db8::1', 50);
    assert.equal(other.endOf('2001:db8::ffff:1'), 50);
    assert.equal(other.endOf('2001:db8:0:1::1'), 0);
  });

  it('a table of bans that is full lets go of the one that ends soonest', () => {
    const [table] = tablesOf(8);
    for (let host = 1; host <= 8; host++) table.ban(`192.0.2.${host}`, 100 + host);
    table.ban('192.0.2.9', 200);
    const ends = Array.from({ length: 9 }, (_, host) => table.endOf(`192.0.2.${host + 1}`));
    assert.deepEqual(ends, [0, 102, 103, 104, 105, 106, 107, 108, 200]);
  });
});
