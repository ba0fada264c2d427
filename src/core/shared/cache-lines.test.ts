import { describe, it } from 'node:test';
import { assertApart, bytesOf } from '../../../test/support/cache-lines.ts';
import { MEMORY_LOG_LINES, MemoryTable, USE_LOG, createMemoryTable } from './memory-table.ts';
import type { MemoryCounter } from './memory-table.ts';
import { COUNTERS, PoolTable, createPoolTable } from './pool-table.ts';
import { ROUTE_COUNTERS, RouteTable, createRouteTable } from './route-table.ts';

/** Total and limit, the first two Int32 of a memory table. */
const SHARED_BYTES = [0, 1, 2, 3, 4, 5, 6, 7];

describe('cache lines', () => {
  for (const rows of [1, 2, 3, 7]) {
    it(`each worker has cache lines of its own in a route table of ${rows} rows`, () => {
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
    it(`each worker has cache lines of its own in the ledgers and counters of ${endpoints} endpoints`, () => {
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

  for (const rows of [2, 5]) {
    it(`each thread has cache lines of its own in a memory table of ${rows} threads, apart from the total and the limit`, () => {
      const handle = createMemoryTable(rows);
      const threads = Array.from({ length: rows }, (_, row) => {
        const table = new MemoryTable(handle, row);
        const places = bytesOf(handle.buffer, () => {
          table.limitBytes = 2 ** 30;
          table.tryLease(1, USE_LOG);
          table.setKept(0.1);
          for (let counter = 0; counter <= MEMORY_LOG_LINES; counter++) table.count(counter as MemoryCounter, 0.1);
        });
        return places.filter((at) => !SHARED_BYTES.includes(at));
      });
      for (const [row, places] of threads.entries()) {
        assertApart(SHARED_BYTES, places);
        if (row > 0) assertApart(threads[row - 1], places);
      }
    });
  }
});
