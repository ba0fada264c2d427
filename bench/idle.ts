/** What an idle keep-alive connection costs in memory: resident size before and after opening many of them. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { startPinned } from './children.ts';
import { residentBytes } from './memory.ts';
import type { IdleResult } from './results.ts';
import { bareGet } from './requests.ts';
import { CONNECTIONS } from './rows.ts';
import type { Contestant } from './rows.ts';
import { LOAD_CORE, startScene } from './scene.ts';
import type { Running } from './scene.ts';
import { runWrk, writeRequests } from './wrk.ts';

export const IDLE_CONNECTIONS = 10_000;

/** Descriptors that a proxy and the client need besides the idle connections. */
const DESCRIPTORS_BESIDE = 500;
const WARM_SECONDS = 2;
/** Time for allocators and the garbage collector to settle before memory is read. */
const SETTLE_MS = 3000;
const ENDPOINTS = 4;
const CLIENT = fileURLToPath(new URL('./idle-client.ts', import.meta.url));

/** As many as the descriptor limit of a child allows, at most 10,000. */
export function idleConnections(): number {
  const match = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const limit = match === null ? Infinity : Number(match[1]);
  return Math.min(IDLE_CONNECTIONS, limit - DESCRIPTORS_BESIDE);
}

/** Each contestant alone, freshly started, so that nothing freed earlier is counted as free. */
export async function measureIdle(contestant: Contestant, connections: number): Promise<IdleResult> {
  const scene = await startScene({ endpoints: ENDPOINTS, contestants: [contestant], profileDirectory: null });
  try {
    const [proxy] = scene.running;
    if (proxy === undefined) return failedIdle(contestant, scene.failed.get(contestant) ?? 'it did not start');
    return await measureRunning(proxy, connections);
  } catch (error) {
    return failedIdle(contestant, error instanceof Error ? error.message : String(error));
  } finally {
    await scene.end();
  }
}

async function measureRunning(proxy: Running, connections: number): Promise<IdleResult> {
  const { contestant, port, pids } = proxy;
  const file = writeRequests(`idle-${contestant.id}`, [bareGet(`127.0.0.1:${port}`, '/50')]);
  const isSecure = contestant.certificate !== null;
  await runWrk(LOAD_CORE, { port, isSecure, file, connections: CONNECTIONS, seconds: WARM_SECONDS });
  await delay(SETTLE_MS);
  const residentBefore = residentBytes(pids);
  const client = startPinned(LOAD_CORE, {
    command: process.execPath,
    args: [CLIENT, `${port}`, `${connections}`, isSecure ? 'tls' : ''],
  });
  try {
    const opened = Number(await client.line('open '));
    await delay(SETTLE_MS);
    const residentAfter = residentBytes(pids);
    const bytesPerConnection = Math.round((residentAfter - residentBefore) / opened);
    const problem = opened === connections ? null : `only ${opened} of ${connections} connections opened`;
    const { id, label } = contestant;
    return { id, label, void: problem, connections: opened, bytesPerConnection, residentBefore, residentAfter };
  } finally {
    await client.end();
  }
}

function failedIdle({ id, label }: Contestant, problem: string): IdleResult {
  return { id, label, void: problem, connections: 0, bytesPerConnection: 0, residentBefore: 0, residentAfter: 0 };
}
