import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { allowCollection } from '../control/allow-collection.ts';

const MODULE = new URL('./collect-start.ts', import.meta.url).href;

async function runThread(program: string): Promise<number> {
  const thread = new Worker(`import(${JSON.stringify(MODULE)}).then(({ collectStart }) => { ${program} })`, {
    eval: true,
  });
  return (await once(thread, 'exit'))[0] as number;
}

test('threads that give memory back at the same moment do not disturb each other', async () => {
  allowCollection();
  const codes = await Promise.all([1, 2, 3, 4].map(() => runThread('for (let i = 0; i < 40; i++) collectStart();')));
  assert.deepEqual(codes, [0, 0, 0, 0]);
});

test('a thread that began after collecting was allowed gives back what nobody refers to', async () => {
  allowCollection();
  const program = `
    let many = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    const before = process.memoryUsage().heapUsed;
    many = null;
    collectStart();
    process.exitCode = before - process.memoryUsage().heapUsed > 2 ** 20 ? 0 : 1;`;
  assert.equal(await runThread(program), 0);
});
