import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createMemoryTable } from '../../core/shared/memory-table.ts';
import { createThreadTable } from '../shared/thread-table.ts';
import { createThreadLinks } from './worker-link.ts';

/** A thread of which the worker is asked whether Node gives it the code of an earlier start. */
const ENTRY = `
import { getCompileCacheDir } from 'node:module';
import { parentPort } from 'node:worker_threads';
parentPort.postMessage(getCompileCacheDir() !== undefined);
`;

/** Whether the threads 0 and 1 have the code. */
async function haveKeptCode(entry: URL): Promise<unknown[]> {
  const createLink = createThreadLinks(entry);
  return Promise.all(
    [0, 1].map((worker) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const start = { worker, threads: createThreadTable(2), memory: createMemoryTable(2) };
      createLink(
        { ...start, engine: 'data', allowTestFaults: false },
        { onMessage: resolve, onExit: (error) => reject(error ?? new Error('it said nothing')) },
      );
      return promise;
    }),
  );
}

it('of the threads only the first is given the code that Node keeps, but from TypeScript all are', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-link-'));
  const { NODE_COMPILE_CACHE: before } = process.env;
  t.after(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env.NODE_COMPILE_CACHE;
    else process.env.NODE_COMPILE_CACHE = before;
  });
  process.env.NODE_COMPILE_CACHE = join(folder, 'kept');
  const [built, source] = ['entry.mjs', 'entry.mts'].map((name) => pathToFileURL(join(folder, name)));
  for (const url of [built, source]) writeFileSync(url, ENTRY);
  assert.deepEqual(await haveKeptCode(built), [true, false]);
  assert.deepEqual(await haveKeptCode(source), [true, true]);
});
