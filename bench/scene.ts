/** A set of contestants, all running at once on core 0 behind the same upstream, so that rounds can alternate. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPinned } from './children.ts';
import type { Child } from './children.ts';
import { processTree } from './cpu-accounting.ts';
import { reservePort } from './ports.ts';
import { isSecure } from './rows.ts';
import type { Contestant } from './rows.ts';
import { scratchDirectory } from './scratch.ts';
import { certificateFile } from './tls-certificates.ts';
import { startTlsFront } from './tls-front.ts';
import { answersDatagrams, checkDatagrams, missingUdpLoad } from './udp-load.ts';
import { startUpstream } from './upstream.ts';
import type { Upstream } from './upstream.ts';
import { answers, checkPassing, checkWork } from './work-check.ts';

export const PROXY_CORE = 0;
export const LOAD_CORE = 1;

const START_MS = 15_000;
const POLL_MS = 50;

export interface Running {
  readonly contestant: Contestant;
  readonly child: Child;
  readonly port: number;
  /** The process and its own children, found once it answers. */
  readonly pids: readonly number[];
}

export interface Scene {
  readonly upstream: Upstream;
  readonly running: readonly Running[];
  /** Contestants that did not start or do not do the work, and why. */
  readonly failed: ReadonlyMap<Contestant, string>;
  end(): Promise<void>;
}

export interface SceneOptions {
  readonly endpoints: number;
  readonly contestants: readonly Contestant[];
  readonly profileDirectory: string | null;
}

let scenes = 0;

export async function startScene(options: SceneOptions): Promise<Scene> {
  const upstream = await startUpstream(LOAD_CORE, options.endpoints);
  const needsTls = options.contestants.some(({ layer, hasTlsEndpoints }) => layer === 'passthrough' || hasTlsEndpoints);
  const front = needsTls ? await startTlsFront(LOAD_CORE, upstream.ports) : null;
  const endpointPorts = front?.ports ?? upstream.ports;
  const running: Running[] = [];
  const failed = new Map<Contestant, string>();
  scenes++;
  for (const contestant of options.contestants) {
    const result = await startContestant(contestant, { ...upstream, ports: endpointPorts }, options.profileDirectory);
    if (typeof result === 'string') failed.set(contestant, result);
    else running.push(result);
  }
  const end = async (): Promise<void> => {
    await Promise.all(running.map(({ child }) => child.end()));
    await front?.child.end();
    await upstream.child.end();
  };
  return { upstream, running, failed, end };
}

async function startContestant(
  contestant: Contestant,
  upstream: Upstream,
  profileDirectory: string | null,
): Promise<Running | string> {
  const directory = join(scratchDirectory(), `${scenes}-${contestant.id}`);
  mkdirSync(directory);
  const reserved = await reservePort();
  const { threads, routes, log, layer, certificate, hasTlsEndpoints } = contestant;
  const setup = {
    directory,
    port: reserved.port,
    endpointPorts: upstream.ports,
    threads,
    routes,
    log,
    layer,
    pem: certificate === null ? null : certificateFile(certificate),
    endpointCa: hasTlsEndpoints ? certificateFile('ec') : null,
    profileDirectory,
  };
  const command = await contestant.proxy.prepare(setup);
  await reserved.release();
  const child = startPinned(PROXY_CORE, command);
  const problem = await untilReady(child, reserved.port, upstream.token, contestant);
  if (problem === null) return { contestant, child, port: reserved.port, pids: processTree(child.pid) };
  await child.end();
  return problem;
}

const CHECKS = { http: checkWork, tcp: checkPassing, passthrough: checkPassing, udp: checkDatagrams };

/** @returns null, or why the proxy cannot be measured */
async function untilReady(child: Child, port: number, token: string, contestant: Contestant): Promise<string | null> {
  const deadline = performance.now() + START_MS;
  const { routes, layer } = contestant;
  const isUdp = layer === 'udp';
  const missing = isUdp ? missingUdpLoad() : null;
  if (missing !== null) return missing;
  const place = { port, isSecure: isSecure(contestant) };
  while (!(await (isUdp ? answersDatagrams(port) : answers(place)))) {
    if (!child.isRunning) return `it ended: ${child.complaint}`;
    if (performance.now() > deadline) return `no answer ${START_MS} ms after its start: ${child.complaint}`;
    await delay(POLL_MS);
  }
  const problems = await CHECKS[layer](place, token, routes[0] ?? '');
  return problems.length === 0 ? null : problems.join('; ');
}
