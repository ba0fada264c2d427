/** Workers that end: on purpose, by an exception, in a loop, at once. Real threads, real sockets, traffic all the while. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { TestFault } from '../../src/runtime/shared/messages.ts';
import { heldUnits, request, runBalancer, startLoad } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const LANES = 16;

describe('a worker that ends', () => {
  const endpoint = http.createServer((_request, response) => response.end('hello'));
  let endpointPort = 0;
  before(async () => {
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    endpointPort = (endpoint.address() as AddressInfo).port;
  });
  after(() => {
    endpoint.closeAllConnections();
    endpoint.close();
  });

  const config = (threads: number, spread = 'kernel'): string => `
    threads: ${threads}
    listeners: { web: { address: "127.0.0.1:0", spread: ${spread} } }
    pools: { web: ["127.0.0.1:${endpointPort}"] }
  `;

  async function endClean({ balancer, faults }: RunningBalancer): Promise<void> {
    await balancer.close();
    const { workers } = balancer.stats();
    assert.deepEqual(faults, []);
    assert.equal(workers.connections, 0);
    assert.equal(workers.corrections, 0);
    assert.equal(heldUnits(balancer), 0);
  }

  for (const threads of [1, 4]) {
    for (const spread of ['kernel', 'even']) {
      it(`a worker that ends on purpose loses no connection (${threads} threads, spread ${spread})`, async (t) => {
        const running = await runBalancer(config(threads, spread));
        t.after(() => running.balancer.close({ force: true }));
        const load = startLoad(running.port, LANES);
        await until(() => load.done > 100, 'traffic');
        await running.balancer.replaceWorkers();
        const before = load.done;
        await until(() => load.done > before + 100, 'traffic after the replacement');
        await load.stop();
        t.diagnostic(`${load.done} connections, lost ${JSON.stringify(load.failures)}`);
        assert.deepEqual(load.failures, {});
        const { replaced, lost, serving } = running.balancer.stats().workers;
        assert.deepEqual({ replaced, lost, serving }, { replaced: threads, lost: 0, serving: threads });
        await endClean(running);
      });
    }

    for (const fault of ['throw', 'reject'] as const) {
      it(`a worker that ends by an exception (${fault}) loses no connection and is replaced (${threads} threads)`, async (t) => {
        const running = await runBalancer(config(threads));
        t.after(() => running.balancer.close({ force: true }));
        const load = await endUnderLoad(running, fault);
        t.diagnostic(`${load.done} connections, lost ${JSON.stringify(load.failures)}`);
        assert.deepEqual(load.failures, {});
        assert.match(running.changes.find(({ change }) => change === 'failed')?.reason ?? '', /test fault/);
        await endClean(running);
      });
    }

    for (const fault of ['loop', 'exit'] as const) {
      it(`a worker that ends in a ${fault} is replaced, and what it held is given back (${threads} threads)`, async (t) => {
        const running = await runBalancer(config(threads));
        t.after(() => running.balancer.close({ force: true }));
        const load = await endUnderLoad(running, fault);
        t.diagnostic(`${load.done} connections, lost ${JSON.stringify(load.failures)}`);
        const lost = Object.values(load.failures).reduce((sum, count) => sum + count, 0);
        // What was connected to it, and what comes while nobody listens; never more than a lane has in flight.
        if (threads > 1) assert.ok(lost <= LANES, `${lost} lost`);
        assert.equal(await request(running.port), '');
        assert.equal(
          running.changes.some(({ change }) => change === 'looped'),
          fault === 'loop',
        );
        await endClean(running);
      });
    }
  }

  /** Breaks one worker while requests come, and waits until its replacement has served some. */
  async function endUnderLoad(running: RunningBalancer, fault: TestFault): Promise<ReturnType<typeof startLoad>> {
    const load = startLoad(running.port, LANES);
    await until(() => load.done > 100, 'traffic');
    const [worker] = running.balancer.workers?.serving ?? [];
    worker.breakDown(fault);
    await until(() => running.changes.some(({ change }) => change === 'replaced'), 'a replacement', 120_000);
    const before = load.done;
    await until(() => load.done > before + 100, 'traffic after the replacement');
    await load.stop();
    const { replaced, lost } = running.balancer.stats().workers;
    assert.deepEqual({ replaced, lost }, { replaced: 1, lost: 1 });
    return load;
  }

  it('a worker that ends more than five times a minute is replaced no more; a neighbour takes its listening sockets', async (t) => {
    const running = await runBalancer(config(2));
    t.after(() => running.balancer.close({ force: true }));
    const load = startLoad(running.port, 4);
    for (let death = 1; death <= 6; death++) {
      await until(() => running.balancer.stats().workers.serving === 2, 'two workers');
      running.balancer.workers?.serving[0].breakDown('throw');
      await until(() => running.balancer.stats().workers.lost === death, 'a death');
    }
    await until(() => running.changes.some(({ change }) => change === 'abandoned'), 'no replacement');
    const before = load.done;
    await until(() => load.done > before + 100, 'traffic on the last worker');
    await load.stop();
    assert.deepEqual(load.failures, {});
    assert.equal(running.balancer.stats().workers.serving, 1);
    await endClean(running);
  });

  it('a worker that ends as the last one leaves the balancer dead, which it says', async (t) => {
    const running = await runBalancer(config(1));
    t.after(() => running.balancer.close({ force: true }));
    const dead = new Promise<void>((resolve) => running.balancer.once('dead', resolve));
    for (let death = 1; death <= 6; death++) {
      await until(() => running.balancer.stats().workers.serving === 1, 'a worker');
      running.balancer.workers?.serving[0].breakDown('exit');
      await until(() => running.balancer.stats().workers.lost === death, 'a death');
    }
    await dead;
    assert.equal(running.balancer.stats().workers.serving, 0);
    assert.equal(await request(running.port), 'ECONNREFUSED');
    await running.balancer.close();
  });
});
