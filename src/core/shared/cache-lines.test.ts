import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTERS, PoolTable, createPoolTable } from './pool-table.ts';
import { ROUTE_COUNTERS, RouteTable, createRouteTable } from './route-table.ts';

/** Where in a cache line of 64 bytes a buffer may begin. */
const BASES = [0, 16, 32, 48];

/** What `write` leaves other than 0, as places in the buffer; it is clean afterwards. */
function bytesOf(buffer: SharedArrayBuffer, write: () => void): number[] {
  const bytes = new Uint8Array(buffer);
  write();
  const places: number[] = [];
  bytes.forEach((byte, at) => {
    if (byte !== 0) places.push(at);
  });
  bytes.fill(0);
  return places;
}

function assertApart(first: readonly number[], second: readonly number[]): void {
  for (const base of BASES) {
    const lines = new Set(first.map((at) => (at + base) >> 6));
    const common = second.filter((at) => lines.has((at + base) >> 6));
    assert.deepEqual(common, [], `of a buffer that begins ${base} bytes behind a border`);
  }
}

describe('cache lines', () => {
  for (const rows of [1, 2, 3, 7]) {
    it(`are each worker's own in a route table of ${rows} rows`, () => {
      const handle = createRouteTable(rows - 1, 2);
      const [first, second] = [0, 1].map((worker) => {
        const table = new RouteTable(handle, worker);
        return bytesOf(handle.buffer, () => {
          for (let row = 0; row < rows; row++) {
            for (let counter = 0; counter < ROUTE_COUNTERS; counter++) table.count(row, counter, 0.1);
            for (let micros = 1; micros < 2 ** 27; micros *= 1.05) table.finish(row, 200, micros / 1000);
          }
        });
      });
      assertApart(first, second);
    });
  }

  for (const endpoints of [1, 4, 5, 16, 17]) {
    it(`are each worker's own in the ledgers and counters of ${endpoints} endpoints`, () => {
      const handle = createPoolTable(endpoints, 2);
      const [first, second] = [0, 1].map((worker) => {
        const table = new PoolTable(handle, worker);
        return bytesOf(handle.buffer, () => {
          for (let slot = 0; slot < endpoints; slot++) {
            table.acquire(slot);
            table.tryOpen(slot, 0);
            table.tryIdle(slot, 8);
            for (let counter = 0; counter < COUNTERS; counter++) table.count(slot, counter, 0.1);
          }
          // The totals are there for all.
          for (const column of [table.inflight, table.connections, table.idlePlaces]) column.fill(0);
        });
      });
      assertApart(first, second);
    });
  }
});
