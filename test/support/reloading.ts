/** What the tests of reload share: endpoints that say who they are, tunnels, and traffic that checks every answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ReloadResult } from '../../src/runtime/control/reload-result.ts';
import { configOf, heldUnits, pauseLane, runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';
import { until } from './until.ts';

/** An endpoint that answers its name, echoes in tunnels, and holds requests for `/held…` back. */
export class NamedEndpoint {
  readonly name: string;
  requests = 0;
  /** Requests for `/check…`; they are not among the others. */
  checks = 0;
  status = 200;
  /** Answers no check. */
  isSilent = false;
  readonly held: http.ServerResponse[] = [];
  readonly #server: http.Server;
  readonly #tunnels = new Set<net.Socket>();

  constructor(name: string) {
    this.name = name;
    this.#server = http.createServer((request, response) => this.#answer(request.url ?? '', response));
    this.#server.on('upgrade', (_request, socket: net.Socket) => {
      this.#tunnels.add(socket);
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
  }

  static async start(t: TestContext, name: string): Promise<NamedEndpoint> {
    const endpoint = new NamedEndpoint(name);
    endpoint.#server.listen(0, '127.0.0.1');
    await once(endpoint.#server, 'listening');
    t.after(() => endpoint.#close());
    return endpoint;
  }

  #answer(url: string, response: http.ServerResponse): void {
    if (url.startsWith('/check')) this.checks++;
    else this.requests++;
    response.statusCode = this.status;
    if (url.startsWith('/held')) this.held.push(response);
    else if (!url.startsWith('/check') || !this.isSilent) response.end(this.name);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As it is written in a config. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  #close(): void {
    for (const socket of this.#tunnels) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export function startEndpoints(t: TestContext, names: string): Promise<NamedEndpoint[]> {
  return Promise.all(names.split('').map((name) => NamedEndpoint.start(t, name)));
}

/** `a: [one, two]` as the pool of a config. */
export function pool(name: string, endpoints: readonly Pick<NamedEndpoint, 'address'>[], more = ''): string {
  return `${name}: { ${more} endpoints: [${endpoints.map(({ address }) => `"${address}"`).join(', ')}] }`;
}

export class ReloadingBalancer {
  readonly running: RunningBalancer;

  constructor(running: RunningBalancer) {
    this.running = running;
  }

  static async start(t: TestContext, text: string): Promise<ReloadingBalancer> {
    const running = await runBalancer(text);
    t.after(() => running.balancer.close({ force: true }));
    return new ReloadingBalancer(running);
  }

  reload(text: string): Promise<ReloadResult> {
    return this.running.balancer.reload(configOf(text));
  }

  port(listener = 'web'): number {
    const found = this.running.balancer.addresses().find((address) => address.listener === listener);
    assert.ok(found !== undefined, `no listener ${listener}`);
    return found.port;
  }

  /** Drains it: nothing may be left, and nothing may have been corrected. */
  async endClean(): Promise<void> {
    const { balancer, faults } = this.running;
    await balancer.close();
    const { workers } = balancer.stats();
    assert.deepEqual(faults, []);
    assert.deepEqual([workers.connections, workers.corrections, workers.lost], [0, 0, 0]);
    assert.equal(heldUnits(balancer), 0);
  }
}

/** A GET. Resolves to `200 body`, or to what went wrong. */
export function get(port: number, path = '/', agent: http.Agent | false = false): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
      response.on('error', (error) => resolve(String(error)));
    });
    request.on('error', (error) => resolve(String(error)));
  });
}

export interface Traffic {
  readonly done: number;
  /** Answers that were not expected, by how often. */
  readonly wrong: Readonly<Record<string, number>>;
  /** Waits for so many more answers. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Requests one after another on `lanes` connections at a time, half of them kept alive, until told to stop. Every
 * answer is looked at.
 */
export function startTraffic(
  t: TestContext,
  port: number,
  lanes: number,
  paths: readonly string[],
  isExpected: (answer: string, path: string) => boolean,
): Traffic {
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
  const traffic = { done: 0, wrong: {} as Record<string, number> };
  let isStopped = false;
  const lane = async (_none: unknown, index: number): Promise<void> => {
    for (let turn = index; !isStopped; turn++) {
      const path = paths[turn % paths.length];
      const answer = await get(port, path, index % 2 === 0 ? agent : false);
      traffic.done++;
      if (!isExpected(answer, path))
        traffic.wrong[`${path}: ${answer}`] = (traffic.wrong[`${path}: ${answer}`] ?? 0) + 1;
      await pauseLane();
    }
  };
  const running = Array.from({ length: lanes }, lane);
  // A test that fails on the way must not leave it running.
  t.after(() => (isStopped = true));
  return Object.assign(traffic, {
    async more(count: number) {
      const wanted = traffic.done + count;
      await until(() => traffic.done >= wanted, `${count} more answers`, 30_000);
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
      agent.destroy();
    },
  });
}

/** A client's end of a tunnel. */
export class Tunnel {
  readonly socket: net.Socket;
  isClosed = false;
  #text = '';

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.#text += text));
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
  }

  static async open(t: TestContext, port: number, path = '/'): Promise<Tunnel> {
    const tunnel = new Tunnel(net.connect({ host: '127.0.0.1', port }));
    t.after(() => tunnel.socket.destroy());
    tunnel.socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    await until(() => tunnel.#text.includes('\r\n\r\n'), 'the answer to the upgrade');
    assert.match(tunnel.#text, /^HTTP\/1\.1 101 /);
    tunnel.#text = '';
    return tunnel;
  }

  /** Sends something, and requires that it comes back. */
  async echo(text: string): Promise<void> {
    this.socket.write(text);
    await until(() => this.#text.includes(text) || this.isClosed, `the echo of ${text}`);
    assert.ok(this.#text.includes(text), 'the tunnel has closed');
    this.#text = '';
  }
}
