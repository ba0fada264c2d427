/** One fault and one proxy: servers, proxy and clients, a calm time, the fault, and a time to come back. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPinned } from '../children.ts';
import type { Child } from '../children.ts';
import { reservePort } from '../ports.ts';
import { scratchDirectory } from '../scratch.ts';
import { certificateFile } from '../tls-certificates.ts';
import { answers } from '../work-check.ts';
import { PLAIN } from './client-side.ts';
import type { ClientSide } from './client-side.ts';
import type { Contestant } from './contestants.ts';
import { DrillServer } from './drill-server.ts';
import type { Fault } from './fault.ts';
import { Load } from './load.ts';
import { losePackets } from './namespace.ts';
import { outcomeOf } from './outcome.ts';
import type { DrillOutcome } from './outcome.ts';
import { SlowClients } from './slow-clients.ts';

const SERVERS = 5;
const PER_SECOND = 300;
const PROXY_CORE = 0;
const SERVER_CORE = 1;
const START_MS = 15_000;

export interface DrillTimes {
  readonly calmMs: number;
  readonly afterMs: number;
  /** {@link PLAIN} unless said. */
  readonly side?: ClientSide;
  /** The servers speak TLS; default: plain HTTP. */
  readonly hasTlsEndpoints?: boolean;
}

/** @throws Error when servers or proxy do not start */
export async function runDrill(fault: Fault, contestant: Contestant, times: DrillTimes): Promise<DrillOutcome> {
  const { side = PLAIN } = times;
  const endpointPem = times.hasTlsEndpoints === true ? certificateFile('ec') : null;
  const servers = await startServers({ ...fault, endpointPem });
  let running: Child | null = null;
  try {
    const { proxy, port } = await startProxy({ ...fault, side, endpointPem }, contestant, servers);
    running = proxy;
    await Promise.all((fault.restarted?.(servers) ?? []).map((server) => server.prepare()));
    const slowClients = new SlowClients(port, side);
    const load = new Load({
      port,
      method: fault.method,
      perSecond: fault.perSecond ?? PER_SECOND,
      bodyBytes: fault.bodyBytes ?? 200,
      everyLeaves: fault.everyLeaves ?? 0,
      rightStatus: fault.rightStatus ?? 200,
      side,
    });
    await delay(times.calmMs);
    const faultBeganMs = Date.now();
    const server = servers[servers.length - 1];
    await fault.run({ servers, server, losePackets, slowClients, killWorker: () => contestant.killWorker?.(proxy) });
    const faultEndedMs = Date.now();
    await delay(times.afterMs);
    await load.end();
    return outcomeOf({
      sent: [...load.sent, ...slowClients.sent],
      arrivals: servers.map(({ arrivals }) => arrivals),
      serverAtFault: fault.hasNoServerAtFault === true ? null : servers.length - 1,
      faultBeganMs,
      faultEndedMs,
    });
  } finally {
    await running?.end(1000);
    await Promise.all(servers.map((server) => server.end()));
  }
}

/** What servers and proxy are started for. */
export interface Terms extends Pick<Fault, 'servers' | 'behaviour' | 'retries503' | 'workers' | 'killsWorker'> {
  readonly scene?: 'overload';
  /** {@link PLAIN} unless said. */
  readonly side?: ClientSide;
  /** The file that servers speak TLS with, and are verified by; null, the default: they speak plain HTTP. */
  readonly endpointPem?: string | null;
}

export async function startServers({
  servers: count = SERVERS,
  behaviour,
  endpointPem = null,
}: Terms): Promise<DrillServer[]> {
  const reserved = await Promise.all(Array.from({ length: count }, reservePort));
  const servers = reserved.map(({ port }) => new DrillServer(port, SERVER_CORE, endpointPem));
  await Promise.all(reserved.map((one) => one.release()));
  await Promise.all(servers.map((server) => server.start()));
  if (behaviour !== undefined) for (const server of servers) server.behave(behaviour);
  return servers;
}

/** @throws Error when it does not start */
export async function startProxy(
  fault: Terms,
  contestant: Contestant,
  servers: readonly DrillServer[],
): Promise<{ proxy: Child; port: number }> {
  const reserved = await reservePort();
  const { port } = reserved;
  const { isSecure } = fault.side ?? PLAIN;
  const directory = mkdtempSync(join(scratchDirectory(), `${contestant.name}-`));
  const endpointPorts = servers.map((server) => server.port);
  const command = contestant.prepare({
    directory,
    port,
    endpointPorts,
    retries503: fault.retries503 === true,
    workers: fault.workers ?? null,
    killsWorker: fault.killsWorker === true,
    scene: fault.scene ?? null,
    pem: isSecure ? certificateFile('ec') : null,
    endpointPem: fault.endpointPem ?? null,
  });
  await reserved.release();
  const proxy = startPinned(PROXY_CORE, command);
  const deadline = performance.now() + START_MS;
  while (!(await answers({ port, isSecure }))) {
    if (!proxy.isRunning || performance.now() > deadline) {
      await proxy.end(1000);
      throw new Error(`${contestant.label} does not start: ${proxy.complaint}`);
    }
    await delay(50);
  }
  return { proxy, port };
}
