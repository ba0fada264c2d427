import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const MODULE = new URL('./collect-start.ts', import.meta.url).href;

test('threads that give memory back at the same moment do not disturb each other', async () => {
  const program = `import(${JSON.stringify(MODULE)}).then(({ collectStart }) => { for (let i = 0; i < 40; i++) collectStart(); })`;
  const threads = Array.from({ length: 4 }, () => new Worker(program, { eval: true }));
  const codes = await Promise.all(threads.map(async (thread) => (await once(thread, 'exit'))[0] as number));
  assert.deepEqual(codes, [0, 0, 0, 0]);
});
