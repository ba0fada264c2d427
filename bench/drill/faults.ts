/** The faults of the drill: what is done to the servers while clients go on asking. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillServer } from './drill-server.ts';
import type { ServerFault, TrafficFault } from './server-fault.ts';

export interface FaultScene {
  readonly servers: readonly DrillServer[];
  /** The one at fault, where it is one: the last. */
  readonly server: DrillServer;
  /** Packets from and to this port get lost, until it is called with null. Only in a namespace of our own. */
  readonly losePackets: (port: number | null) => void;
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
  /** Several servers in turn or at once: no share to come back to. */
  readonly hasNoServerAtFault?: true;
  /** How the servers behave before and after. */
  readonly behaviour?: ServerFault;
  /** At most so many failures are wanted of Fairlead, the worst of its runs; null: none is agreed. */
  readonly wanted: number | null;
  /** Returns when the fault has lasted its time and is over. */
  readonly run: (scene: FaultScene) => Promise<void>;
}

const FAULT_MS = 5000;
const BACK_MS = 2000;
const DEPLOY_MS = 500;
/** A flapping server is down so long, and up as long. */
const FLAP_MS = 3000;

/** A fault that the server commits when it is told to. */
function misbehaving(fault: ServerFault): Fault['run'] {
  return async ({ server }) => {
    server.behave(fault);
    await delay(FAULT_MS);
    server.recover();
  };
}

async function killed(servers: readonly DrillServer[], ms: number): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  await delay(ms);
  await Promise.all(servers.map((server) => server.start()));
}

/** Each in turn stops as it should, and is back after a while. */
async function rollOver(servers: readonly DrillServer[]): Promise<void> {
  for (const [index, server] of servers.entries()) {
    if (index > 0) await delay(DEPLOY_MS);
    await server.stop();
    await delay(DEPLOY_MS);
    await server.start();
  }
}

async function flap({ servers }: FaultScene): Promise<void> {
  const flapping = servers.filter((_server, index) => index % 5 === 0);
  for (let round = 0; round < 3; round++) {
    await killed(flapping, FLAP_MS);
    await delay(FLAP_MS);
  }
}

const fails = (traffic: TrafficFault): ServerFault => ({ check: 'passes', traffic });
const answers = (status: number, check: 'passes' | 'fails'): ServerFault => ({ check, traffic: 'answers', status });

export const FAULTS: readonly Fault[] = [
  {
    id: 'frozen',
    title: 'frozen (SIGSTOP)',
    method: 'GET',
    wanted: 0,
    run: async ({ server }) => {
      server.freeze();
      await delay(FAULT_MS);
      server.thaw();
    },
  },
  {
    id: 'vanished',
    title: 'host vanished (packets are lost)',
    method: 'GET',
    needsNamespace: true,
    wanted: 0,
    run: async ({ server, losePackets }) => {
      losePackets(server.port);
      await delay(FAULT_MS);
      losePackets(null);
    },
  },
  { id: 'hangs', title: 'hangs, health check fine', method: 'GET', wanted: 10, run: misbehaving(fails('hangs')) },
  {
    id: '503-get',
    title: 'answers 503, check fine, GET',
    method: 'GET',
    retries503: true,
    wanted: 0,
    run: misbehaving(answers(503, 'passes')),
  },
  {
    id: '503-post',
    title: 'answers 503, check fine, POST',
    method: 'POST',
    retries503: true,
    wanted: 10,
    run: misbehaving(answers(503, 'passes')),
  },
  {
    id: 'resets',
    title: 'resets in mid-body',
    method: 'GET',
    wanted: 10,
    run: misbehaving(fails('resets-in-body')),
  },
  {
    id: 'closes-reused',
    title: 'closes reused connections under POSTs',
    method: 'POST',
    wanted: 5,
    run: misbehaving(fails('closes-reused')),
  },
  {
    id: 'three-killed',
    title: 'three of five killed, GET',
    method: 'GET',
    hasNoServerAtFault: true,
    wanted: 0,
    run: ({ servers }) => killed(servers.slice(0, 3), FAULT_MS),
  },
  {
    id: 'all-killed',
    title: 'all killed, back after 2 s',
    method: 'GET',
    hasNoServerAtFault: true,
    wanted: 100,
    run: ({ servers }) => killed(servers, BACK_MS),
  },
  { id: 'deploy', title: 'rolling deploy, POST', method: 'POST', wanted: 0, run: ({ servers }) => rollOver(servers) },
  { id: 'one-killed', title: 'one killed', method: 'GET', wanted: 0, run: ({ server }) => killed([server], FAULT_MS) },
  {
    id: '500-checked',
    title: 'answers 500, check fails',
    method: 'GET',
    wanted: null,
    run: misbehaving(answers(500, 'fails')),
  },
  {
    id: '500-unchecked',
    title: 'answers 500, check fine',
    method: 'GET',
    wanted: null,
    run: misbehaving(answers(500, 'passes')),
  },
  {
    id: 'slow',
    title: 'slow by 10 ×',
    method: 'GET',
    wanted: 0,
    run: misbehaving({ check: 'passes', traffic: 'slow', factor: 10 }),
  },
  {
    id: 'closes-idle',
    title: 'one closes idle connections after 50 ms, POST',
    method: 'POST',
    wanted: 5,
    run: misbehaving({ check: 'passes', traffic: 'closes-idle', idleMs: 50 }),
  },
  {
    id: 'all-close-idle',
    title: 'all close idle connections after 50 ms, POST',
    method: 'POST',
    hasNoServerAtFault: true,
    wanted: 5,
    run: async ({ servers }) => {
      for (const server of servers) server.behave({ check: 'passes', traffic: 'closes-idle', idleMs: 50 });
      await delay(FAULT_MS);
      for (const server of servers) server.recover();
    },
  },
  {
    id: 'only-restarted',
    title: 'the only server restarted',
    method: 'GET',
    servers: 1,
    wanted: 0,
    run: async ({ server }) => {
      await server.stop();
      await delay(DEPLOY_MS);
      await server.start();
    },
  },
  {
    id: 'early-413',
    title: 'all answer 413 to uploads of 1 MiB at once',
    method: 'POST',
    bodyBytes: 1 << 20,
    rightStatus: 413,
    perSecond: 30,
    behaviour: fails('answers-413-early'),
    hasNoServerAtFault: true,
    wanted: 0,
    run: () => delay(FAULT_MS),
  },
  {
    id: 'leaving',
    title: 'every third client leaves, nobody at fault',
    method: 'GET',
    everyLeaves: 3,
    hasNoServerAtFault: true,
    wanted: 0,
    run: () => delay(FAULT_MS),
  },
  {
    id: 'flapping',
    title: '10 of 50 are killed for 3 s, three times',
    method: 'GET',
    servers: 50,
    hasNoServerAtFault: true,
    wanted: 0,
    run: flap,
  },
];
