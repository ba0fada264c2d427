/** Who waits in the backlog of a listening socket that is to close is served: it would be reset otherwise. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, request, runBalancer } from '../support/running-balancer.ts';

for (const spread of ['kernel', 'even']) {
  for (const how of ['drain', 'reload'] as const) {
    it(`who waits in the backlog of a listener is served when a ${how} closes it (2 threads, spread ${spread})`, async (t) => {
      const endpoint = await startHttpServer(t, (_request, response) => response.end('hello'));
      const config = (address: string): string =>
        `{ threads: 2, listeners: { web: { address: '${address}:0', spread: ${spread} } }, pools: { web: ['127.0.0.1:${endpoint}'] } }`;
      const { balancer, port } = await runBalancer(config('127.0.0.1'));
      t.after(() => balancer.close({ force: true }));
      const answers = Array.from({ length: 40 }, () => request(port));
      // They are in the backlog once this thread has gone round.
      await new Promise(setImmediate);
      if (how === 'drain') await balancer.close();
      else await balancer.reload(configOf(config('127.0.0.2')));
      assert.deepEqual(await Promise.all(answers), Array(40).fill(''));
    });
  }
}
