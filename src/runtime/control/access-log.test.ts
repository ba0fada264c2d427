/** The scribe thread may die: what it held is counted, and another goes on. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { until } from '../../../test/support/until.ts';
import type { AccessLogSpec } from '../../core/access-log.ts';
import { MemoryTable, createMemoryTable } from '../../core/shared/memory-table.ts';
import { LineWriter, emptyLine } from '../../telemetry/log-line.ts';
import { AccessLog } from './access-log.ts';

test('a scribe that dies is followed by another, which writes what waits in the rings', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-scribe-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'access.log');
  const spec: AccessLogSpec = {
    format: [{ field: 'method' }],
    to: { kind: 'file', path: file, rotate: null },
    mask: [],
    bufferBytes: 64 * 1024,
    unrouted: null,
  };
  const trouble: string[] = [];
  const started: Worker[] = [];
  const later: (() => void)[] = [];
  const memory = new MemoryTable(createMemoryTable(3), 0);
  memory.limitBytes = 2 ** 20;
  const log = new AccessLog({
    workerSlots: 2,
    memory,
    scheduler: {
      after: (_ms, task) => {
        later.push(task);
        return () => {};
      },
    },
    onTrouble: (message) => trouble.push(message),
    startThread: (url, options) => {
      const thread = new Worker(url, options);
      started.push(thread);
      return thread;
    },
  });
  const read = (): string => readFileSync(file, 'utf8');
  const writers = log.ringsFor(spec).map((ring) => new LineWriter(ring));
  await log.prepare(spec);
  writers[0].write({ ...emptyLine(), method: 'FIRST' });
  await until(() => read() === 'FIRST\n', read);
  await until(() => log.stats().written === 1, 'it is known to be written');
  await started[0].terminate();
  await until(() => trouble.length === 1, 'it is told');
  // It may have died before it knew that the line had left.
  const lost = Number(/^the thread .* ended; ([01]) lines at most are lost$/.exec(trouble[0])?.[1]);
  writers[1].write({ ...emptyLine(), method: 'SECOND' });
  later[0]();
  await until(() => read() === 'FIRST\nSECOND\n', read);
  assert.deepEqual(log.stats(), { written: 2 - lost, dropped: lost });
  await log.end();
  assert.equal(started.length, 2);
});
