/** Changed code of middleware, which a reload takes up, or refuses as a whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerChange } from '../../src/runtime/control/succession.ts';
import { MiddlewareBalancer } from '../support/middleware-balancer.ts';
import { startLoad } from '../support/running-balancer.ts';

const HEAD = "import { defineMiddleware, respond } from 'fairlead';\n";

/** Says its own code, that of what it imports, and how many requests its thread has seen. */
function answering(code: string): string {
  return `${HEAD}import { helper } from './helper.ts';
let count = 0;
export default defineMiddleware((options) => ({
  name: 'a',
  onRequest: () => respond(200, ['${code}', helper, options.word ?? '', ++count].join(' ')),
}));
`;
}

for (const threads of [1, 4]) {
  test(`a reload replaces threads where code has changed and nowhere else, and loses no request, with ${threads} threads`, async (t) => {
    const running = await MiddlewareBalancer.start(
      t,
      './a.ts',
      { 'a.ts': answering('one'), 'helper.ts': "export const helper = 'h1';\n" },
      threads,
    );
    const changes: WorkerChange[] = [];
    running.balancer.on('worker', (change) => changes.push(change));
    const say = async (): Promise<string[]> => (await running.ask()).body.split(' ');
    assert.deepEqual((await say()).slice(0, 2), ['one', 'h1']);
    await running.reload('{ module: ./a.ts, options: { word: w } }');
    assert.deepEqual((await say()).slice(0, 3), ['one', 'h1', 'w']);
    assert.deepEqual(changes, [], 'nobody is replaced for other options');

    const load = startLoad(running.balancer.addresses()[0].port, 4);
    running.folder.write('helper.ts', "export const helper = 'h2';\n");
    await running.reload('{ module: ./a.ts, options: { word: v } }');
    await load.stop();
    assert.deepEqual(load.failures, {});
    for (let round = 0; round < 8; round++) assert.deepEqual((await say()).slice(0, 3), ['one', 'h2', 'v']);
    assert.deepEqual(
      changes.map(({ change }) => change),
      Array.from({ length: threads }, () => 'replaced'),
    );

    running.folder.write('a.ts', `${answering('two')}throw new Error('not today');\n`);
    await assert.rejects(
      running.reload('./a.ts'),
      (error: Error) =>
        'code' in error && error.code === 'FL_MIDDLEWARE' && /a\.ts:8:7: .*not today/.test(error.message),
    );
    assert.deepEqual((await say()).slice(0, 3), ['one', 'h2', 'v']);
    assert.equal(changes.length, threads, 'a reload that is refused changes nothing');
    assert.deepEqual(running.faults, []);
  });
}

test('without threads the module itself is imported anew', async (t) => {
  const modules = { 'a.ts': answering('one'), 'helper.ts': "export const helper = 'h1';\n" };
  const running = await MiddlewareBalancer.start(t, './a.ts', modules, 0);
  assert.equal((await running.ask()).body, 'one h1  1');
  running.folder.write('a.ts', answering('two'));
  await running.reload('./a.ts');
  assert.equal((await running.ask()).body, 'two h1  1');
  await running.reload('./a.ts');
  assert.equal((await running.ask()).body, 'two h1  2', 'the same code stays');
});
