/** Fairlead stands still, as a whole or a thread of it, while servers go on: that is nobody's fault but its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { askAdmin } from '../../src/admin/client.ts';
import { defaultSocketPath } from '../../src/admin/socket-path.ts';
import type { HealthEvent } from '../../src/checks/pool-health.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const STOP_MS = 3000;
const LANES = 24;
const SERVERS = 3;
const SLOWEST_MS = 200;
/** So that checks are under way when it happens. */
const CHECK_MS = 300;
/** Enough that some are under way everywhere. */
const SOME = 150;

/**
 * A pool in which two failures would do, and whatever may be sent again is. `responseHead` is shorter than Fairlead stands
 * still, and far longer than the servers take.
 */
function configOf(threads: number, ports: readonly number[], responseHead: string): string {
  return `
threads: ${threads}
listeners: { web: { address: '127.0.0.1:0' } }
timeouts: { connect: 1s, responseHead: ${responseHead} }
pools:
  web:
    endpoints: [${ports.map((port) => `'127.0.0.1:${port}'`).join(', ')}]
    check: { http: /healthz, interval: 500ms, timeout: 2s, fall: 1 }
    ejection: { failures: 2, silence: 1s }
    retry: { retryOn: [connect, reset, timeout] }
`;
}

/** Servers that count how often each request has come. */
class Counted {
  readonly times = new Map<string, number>();

  start(t: TestContext): Promise<number[]> {
    return Promise.all(Array.from({ length: SERVERS }, () => startHttpServer(t, this.#answer)));
  }

  readonly #answer: http.RequestListener = (request, response) => {
    if (request.url === '/healthz') return void setTimeout(() => response.end(), CHECK_MS);
    const number = String(request.headers['x-number']);
    this.times.set(number, (this.times.get(number) ?? 0) + 1);
    request.resume();
    setTimeout(() => response.end('fine'), (Number(number) * 37) % SLOWEST_MS);
  };
}

/** Clients that ask one after another, every second time by a POST, until they are told to stop. */
class Clients {
  readonly outcomes: string[] = [];
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: LANES });
  readonly #lanes: readonly Promise<void>[];
  #isStopped = false;
  #number = 0;

  constructor(port: number) {
    this.#lanes = Array.from({ length: LANES }, () => this.#lane(port));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#lanes);
    this.#agent.destroy();
  }

  async #lane(port: number): Promise<void> {
    while (!this.#isStopped) {
      const number = this.#number++;
      const method = number % 2 === 0 ? 'GET' : 'POST';
      const headers = { 'x-number': String(number) };
      const request = http.request({ host: '127.0.0.1', port, method, headers, agent: this.#agent });
      this.outcomes[number] = await outcomeOf(request.end(method === 'POST' ? 'order' : undefined));
    }
  }
}

async function outcomeOf(request: http.ClientRequest): Promise<string> {
  try {
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await once(response.resume(), 'end');
    return String(response.statusCode);
  } catch {
    return 'lost';
  }
}

/** `said`: what else may tell why it is not so. */
function assertOnce({ times }: Counted, { outcomes }: Clients, said = ''): void {
  assert.deepEqual([...new Set(outcomes)], ['200'], said);
  assert.equal(times.size, outcomes.length);
  assertNoneTwice({ times }, said);
}

function assertNoneTwice({ times }: Pick<Counted, 'times'>, said = ''): void {
  const twice = [...times].filter(([, count]) => count > 1);
  assert.deepEqual(twice, [], `${twice.join(' ')} ${said}`);
}

describe('a process that stands still', { concurrency: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-stalls-'));
  after(() => rmSync(folder, { recursive: true }));

  for (const threads of [1, 4]) {
    it(`a process that is stopped for 3 s ejects nobody, and executes nothing twice (${threads} threads)`, async (t) => {
      const counted = new Counted();
      const file = join(folder, `${threads}.yaml`);
      writeFileSync(file, configOf(threads, await counted.start(t), '2500ms'));
      const env = { RUNTIME_DIRECTORY: folder };
      await using running = new FairleadProcess(['run', '-c', file], { env });
      const clients = new Clients(await running.port());
      const socket = defaultSocketPath(file, env);
      await until(() => existsSync(socket) && clients.outcomes.length > SOME, 'traffic');
      running.kill('SIGSTOP');
      await delay(STOP_MS);
      running.kill('SIGCONT');
      const before = clients.outcomes.length;
      await until(() => clients.outcomes.length > before + SOME, 'traffic afterwards');
      await clients.stop();
      assertOnce(counted, clients, running.stderr);
      const { content } = await askAdmin(socket, 'GET', '/v1/pools/web');
      const { endpoints } = content as { endpoints: { state: string; transitions: unknown[] }[] };
      assert.deepEqual(
        endpoints.map(({ state, transitions }) => [state, transitions]),
        endpoints.map(() => ['healthy', []]),
      );
      assert.equal(endpoints.length, SERVERS);
    });
  }
});

describe('a thread that stands still', () => {
  for (const threads of [1, 4]) {
    for (const fault of threads === 1 ? (['block'] as const) : (['block', 'loop'] as const)) {
      const what = fault === 'block' ? 'that is blocked for 1.5 s' : 'that loops, until it is replaced,';
      it(`a thread ${what} ejects nobody, and executes nothing twice (${threads} threads)`, async (t) => {
        const counted = new Counted();
        const { balancer, port, changes, faults } = await runBalancer(
          configOf(threads, await counted.start(t), '1200ms'),
        );
        t.after(() => balancer.close({ force: true }));
        const events: HealthEvent[] = [];
        balancer.on('health', (event) => events.push(event));
        const clients = new Clients(port);
        await until(() => clients.outcomes.length > SOME, 'traffic');
        balancer.workers?.serving[0].breakDown(fault);
        if (fault === 'loop') await until(() => changes.some(({ change }) => change === 'replaced'), 'a replacement');
        const before = clients.outcomes.length;
        await until(() => clients.outcomes.length > before + SOME, 'traffic afterwards');
        await clients.stop();
        if (fault === 'block') assertOnce(counted, clients);
        assertNoneTwice(counted);
        assert.deepEqual(events, []);
        assert.deepEqual(faults, []);
        assert.equal(changes.length === 0, fault === 'block');
      });
    }
  }
});
