/** Agents beside real servers, through a whole balancer: what they say is so for every thread at the next request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { Balancer } from '../../src/runtime/balancer.ts';
import type { PoolEndpointStats } from '../../src/runtime/control/balancer-stats.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, request, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** An agent on 127.0.0.2 that says `line`, as it is. */
interface Agent {
  readonly port: number;
  line: string;
  asked: number;
  stop(): void;
}

async function startAgent(t: TestContext, line: string, port = 0): Promise<Agent> {
  const server = net.createServer((socket) => {
    agent.asked++;
    socket.on('error', () => {});
    socket.end(agent.line);
  });
  server.listen(port, '127.0.0.2');
  await once(server, 'listening');
  const agent: Agent = {
    port: (server.address() as AddressInfo).port,
    line,
    asked: 0,
    stop: () => void server.close(),
  };
  t.after(agent.stop);
  return agent;
}

interface Served {
  readonly balancer: Balancer;
  readonly port: number;
  /** Of the server that has an agent. */
  endpoint(): PoolEndpointStats;
  /** How many of as many requests that server had. */
  share(requests: number): Promise<number>;
  config(agent: string): string;
}

/** Two servers, on 127.0.0.1 and 127.0.0.2; the agent of the second one is asked, the first has nobody at that port. */
async function serve(t: TestContext, agent: Agent, more = ''): Promise<Served> {
  let hits = 0;
  const first = await startHttpServer(t, (_request, response) => response.end());
  const second = await startHttpServer(
    t,
    (_request, response) => {
      hits++;
      response.end();
    },
    '127.0.0.2',
  );
  const config = (agentText: string): string =>
    `{ threads: 1, listeners: { web: { address: '127.0.0.1:0' } }, pools: { web: { policy: round-robin, ${more}
       agent: ${agentText}, endpoints: ['127.0.0.1:${first}', '127.0.0.2:${second}'] } } }`;
  const { balancer, port } = await runBalancer(config(`{ port: ${agent.port}, interval: 20ms }`));
  t.after(() => balancer.close());
  return {
    balancer,
    port,
    config,
    endpoint: () => balancer.stats().pools[0].endpoints[1],
    async share(requests) {
      const before = hits;
      for (let count = 0; count < requests; count++) assert.equal(await request(port), '');
      return hits - before;
    },
  };
}

async function heard(agent: Agent, line: string): Promise<void> {
  agent.line = line;
  // The one that was on its way when the line changed, and one more.
  const { asked } = agent;
  await until(() => agent.asked >= asked + 2, 'the agent is asked');
}

describe('an agent', () => {
  it('an agent sets the weight of its server to a part of what the config says, and back', async (t) => {
    const agent = await startAgent(t, '50%\n');
    const { balancer, endpoint, share } = await serve(t, agent);
    await until(
      () => endpoint().weight === 0.5,
      () => String(endpoint().weight),
    );
    const routes = balancer.snapshot?.routes;
    await until(async () => (await share(30)) === 10, 'a third of the requests');
    agent.line = '100%\n';
    await until(
      () => endpoint().weight === 1,
      () => String(endpoint().weight),
    );
    await until(async () => (await share(30)) === 15, 'half of the requests');
    agent.line = '0%\n';
    await until(
      () => endpoint().weight === 0,
      () => String(endpoint().weight),
    );
    await until(async () => (await share(10)) === 0, 'no request');
    assert.equal(balancer.snapshot?.routes, routes, 'no route was compiled anew');
  });

  it('an agent drains its server or takes it into maintenance, until it says ready', async (t) => {
    const agent = await startAgent(t, 'drain # before the update\n');
    const { balancer, endpoint, share } = await serve(t, agent);
    const told: string[] = [];
    balancer.on('health', ({ before, state, reason }) => told.push(`${before} → ${state}: ${reason}`));
    const state = (): string => endpoint().health.state;
    await until(() => state() === 'draining', state);
    assert.equal(await share(10), 0);
    agent.line = 'maint\n';
    await until(() => state() === 'maintenance', state);
    assert.equal(await share(10), 0);
    await heard(agent, 'up 100%\n');
    assert.equal(state(), 'maintenance');
    assert.ok(!balancer.stats().pools[0].isPanicking);
    agent.line = 'ready\n';
    await until(() => state() === 'healthy', state);
    assert.ok((await share(10)) > 0);
    assert.deepEqual(told.slice(-2), [
      'draining → maintenance: its agent: maint',
      'maintenance → healthy: its agent: ready',
    ]);
    assert.equal(endpoint().health.transitions[0].reason, 'its agent: before the update');
  });

  it('an agent takes its server out by down, stopped and fail, until it says up and its checks pass', async (t) => {
    const agent = await startAgent(t, '\n');
    const { endpoint, share } = await serve(t, agent, 'check: { tcp: {}, interval: 20ms },');
    const state = (): string => endpoint().health.state;
    for (const word of ['down', 'stopped', 'fail']) {
      agent.line = `${word} # disk full\n`;
      await until(() => state() === 'unhealthy', state);
      assert.equal(endpoint().health.reason, 'its agent: disk full');
      assert.equal(await share(4), 0);
      await heard(agent, 'ready\n');
      assert.equal(state(), 'unhealthy');
      agent.line = 'up\n';
      await until(() => state() === 'healthy', state);
    }
  });

  it('an agent bounds the connections to its server', async (t) => {
    const agent = await startAgent(t, 'maxconn:1\n');
    let [open, most] = [0, 0];
    const answers: (() => void)[] = [];
    const server = await startHttpServer(
      t,
      (_request, response) => {
        most = Math.max(most, ++open);
        answers.push(() => {
          open--;
          response.end();
        });
      },
      '127.0.0.2',
    );
    const { balancer, port } = await runBalancer(
      `{ threads: 1, listeners: { web: { address: '127.0.0.1:0' } }, pools: { web: {
         agent: { port: ${agent.port}, interval: 20ms }, endpoints: ['127.0.0.2:${server}'] } } }`,
    );
    t.after(() => balancer.close());
    await until(() => balancer.stats().pools[0].endpoints[0].agent?.maxConnections === 1, 'the limit is heard');
    await until(() => balancer.snapshot?.pools[0].endpoints[0].maxConnections === 1, 'the limit is set');
    // One more turn of the message to the thread.
    await heard(agent, 'maxconn:1\n');
    const asked = Promise.all([request(port), request(port), request(port)]);
    for (let count = 0; count < 3; count++) {
      await until(() => answers.length > 0, 'a request');
      answers.shift()?.();
    }
    assert.deepEqual(await asked, ['', '', '']);
    assert.equal(most, 1);
  });

  it('an agent changes nothing by a line without its end, by nothing, or by being gone', async (t) => {
    const agent = await startAgent(t, '50% drain\n');
    const { endpoint, share } = await serve(t, agent);
    const seen = (): string => `${endpoint().health.state} ${endpoint().weight}`;
    await until(() => seen() === 'draining 0.5', seen);
    for (const line of ['100% ready', '', '\r\n', '# nothing\n', 'ready#x 5\n']) {
      await heard(agent, line);
      assert.equal(seen(), 'draining 0.5', JSON.stringify(line));
    }
    assert.deepEqual(endpoint().agent?.unknown, ['ready#x', '5']);
    agent.stop();
    await share(20);
    assert.equal(seen(), 'draining 0.5');
    // It is asked all the while, and heard again when it is back.
    const back = await startAgent(t, '100%\n', agent.port);
    await until(() => back.asked > 0 && endpoint().weight === 1, seen);
    assert.equal(endpoint().health.state, 'draining');
  });

  it('an agent is heeded across a reload, and forgotten when the config has it no more', async (t) => {
    const agent = await startAgent(t, '50% drain\n');
    const { balancer, endpoint, config } = await serve(t, agent);
    const seen = (): string => `${endpoint().health.state} ${endpoint().weight}`;
    await until(() => seen() === 'draining 0.5', seen);
    const { changes } = await balancer.reload(configOf(config(`{ port: ${agent.port}, interval: 20ms }`)));
    assert.deepEqual(changes, []);
    assert.equal(seen(), 'draining 0.5');
    await balancer.reload(configOf(config('off')));
    await until(() => seen() === 'healthy 1', seen);
    assert.equal(endpoint().agent, null);
  });
});
