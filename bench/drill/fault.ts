/** What a fault of the drill is, and what is done to servers to bring one about. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillServer } from './drill-server.ts';
import type { ServerFault, TrafficFault } from './server-fault.ts';
import type { SlowClients } from './slow-clients.ts';

export interface FaultScene {
  readonly servers: readonly DrillServer[];
  /** The server at fault, where there is one: the last. */
  readonly server: DrillServer;
  /** Packets from and to this port get lost, until it is called with null. Only in a namespace of our own. */
  readonly losePackets: (port: number | null) => Promise<void>;
  /** Ends one of the proxy's workers at once. */
  readonly killWorker: () => void;
  /** Clients beside those of the load. */
  readonly slowClients: SlowClients;
}

export interface Fault {
  readonly id: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** How many servers; 5 unless said. */
  readonly servers?: number;
  /** Requests a second; 300 unless said. */
  readonly perSecond?: number;
  readonly bodyBytes?: number;
  readonly everyLeaves?: number;
  readonly rightStatus?: number;
  /** The proxies are told to try a 503 again elsewhere, where the request allows it. */
  readonly retries503?: true;
  /** Packets are lost, which takes a network namespace of our own. */
  readonly needsNamespace?: true;
  /** The proxy has so many workers; 1 unless said. */
  readonly workers?: number;
  /** One of them is killed, which takes a proxy that has workers. */
  readonly killsWorker?: true;
  /** Several servers in turn or at once: no share to come back to. */
  readonly hasNoServerAtFault?: true;
  /** The servers that end and come back: their next lives are begun before the load is, which they would take time from. */
  readonly restarted?: (servers: readonly DrillServer[]) => readonly DrillServer[];
  /** How the servers behave before and after. */
  readonly behaviour?: ServerFault;
  /** At most so many failures are wanted of Fairlead, the worst of its runs; null: none is agreed. */
  readonly wanted: number | null;
  /** Returns when the fault has lasted its time and is over. */
  readonly run: (scene: FaultScene) => Promise<void>;
}

export const FAULT_MS = 5000;
export const BACK_MS = 2000;
export const DEPLOY_MS = 500;
/** A flapping server is down so long, and up as long. */
const FLAP_MS = 3000;
/** A minute of it. */
const FLAPS = 10;

/** A fault that the server commits when it is told to. */
export function misbehaving(fault: ServerFault): Fault['run'] {
  return async ({ server }) => {
    server.behave(fault);
    await delay(FAULT_MS);
    server.recover();
  };
}

/** So long, at the end of which they are ready to start. */
async function outFor(servers: readonly DrillServer[], ms: number): Promise<void> {
  await Promise.all([delay(ms), ...servers.map((server) => server.prepare())]);
}

export async function killed(servers: readonly DrillServer[], ms: number): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  await outFor(servers, ms);
  await Promise.all(servers.map((server) => server.start()));
}

/** Each in turn stops as it should, and is back after a while. */
export async function rollOver(servers: readonly DrillServer[]): Promise<void> {
  for (const [index, server] of servers.entries()) {
    if (index > 0) await delay(DEPLOY_MS);
    await server.stop();
    await outFor([server], DEPLOY_MS);
    await server.start();
  }
}

export const everyFifth = (servers: readonly DrillServer[]): readonly DrillServer[] =>
  servers.filter((_server, index) => index % 5 === 0);

export async function flap({ servers }: FaultScene): Promise<void> {
  const flapping = everyFifth(servers);
  for (let round = 0; round < FLAPS; round++) {
    await killed(flapping, FLAP_MS);
    await outFor(flapping, FLAP_MS);
  }
}

export const fails = (traffic: TrafficFault): ServerFault => ({ check: 'passes', traffic });
export const answers = (status: number, check: 'passes' | 'fails'): ServerFault => ({
  check,
  traffic: 'answers',
  status,
});
