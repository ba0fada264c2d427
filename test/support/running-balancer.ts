/** A balancer with real sockets for tests: one endpoint or several, from a few lines of config. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import type { Balancer, BalancerOptions } from '../../src/runtime/balancer.ts';
import type { WorkerChange } from '../../src/runtime/control/succession.ts';

export interface RunningBalancer {
  readonly balancer: Balancer;
  readonly port: number;
  readonly changes: WorkerChange[];
  readonly faults: { readonly message: string; readonly stack: string }[];
}

/** Parses a config, and fails the test where it has a mistake. */
export function configOf(text: string): Config {
  const parsed = parseConfig(text, 'test.yaml');
  if ('errors' in parsed) assert.fail(parsed.errors.map(({ key, message }) => `${key}: ${message}`).join('\n'));
  return parsed.config;
}

/** `listenTo`: hears of the balancer before it listens. */
export async function runBalancer(
  text: string,
  options: BalancerOptions = {},
  listenTo: (balancer: Balancer) => void = () => {},
): Promise<RunningBalancer> {
  const balancer = createBalancer(configOf(text), { allowTestFaults: true, ...options });
  const changes: WorkerChange[] = [];
  const faults: RunningBalancer['faults'] = [];
  balancer.on('worker', (change) => changes.push(change));
  balancer.on('fault', (fault) => faults.push(fault));
  listenTo(balancer);
  await balancer.listen();
  return { balancer, port: balancer.addresses()[0].port, changes, faults };
}

/** One request on a connection of its own. Resolves to `''`, or to what went wrong. */
export function request(port: number, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.setEncoding('latin1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.on('close', () => resolve(answer.startsWith('HTTP/1.1 200') ? '' : answer.split('\r\n', 1)[0] || 'closed'));
  });
}

/**
 * What a lane of clients waits after each answer: without it the clients, which share a thread with the control plane,
 * would take every processor for as long as a test waits for something else.
 */
const LANE_PAUSE_MS = 4;

export function pauseLane(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LANE_PAUSE_MS));
}

/** Requests one after another on `lanes` connections at a time, until told to stop. */
export interface Load {
  readonly done: number;
  /** What went wrong, by how often. */
  readonly failures: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

export function startLoad(port: number, lanes: number): Load {
  const load = { done: 0, failures: {} as Record<string, number> };
  let isStopped = false;
  const lane = async (): Promise<void> => {
    while (!isStopped) {
      const failure = await request(port);
      load.done++;
      if (failure !== '') load.failures[failure] = (load.failures[failure] ?? 0) + 1;
      await pauseLane();
    }
  };
  const lanesDone = Array.from({ length: lanes }, lane);
  return Object.assign(load, {
    async stop() {
      isStopped = true;
      await Promise.all(lanesDone);
    },
  });
}

/** What is still counted of the endpoints, over all threads. */
export function heldUnits(balancer: Balancer): number {
  return balancer
    .stats()
    .pools.flatMap(({ endpoints }) => endpoints)
    .reduce((sum, { inFlight, connections, idleConnections }) => sum + inFlight + connections + idleConnections, 0);
}
