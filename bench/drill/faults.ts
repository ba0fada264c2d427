/** The faults of the drill: what is done to the servers while clients go on asking. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillServer } from './drill-server.ts';
import { BACK_MS, FAULT_MS, answers, everyFifth, fails, flap, killed, misbehaving, rollOver } from './fault.ts';
import type { Fault } from './fault.ts';

const all = (servers: readonly DrillServer[]): readonly DrillServer[] => servers;
const last = (servers: readonly DrillServer[]): readonly DrillServer[] => servers.slice(-1);

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
      await losePackets(server.port);
      await delay(FAULT_MS);
      await losePackets(null);
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
    restarted: (servers) => servers.slice(0, 3),
    run: ({ servers }) => killed(servers.slice(0, 3), FAULT_MS),
  },
  {
    id: 'all-killed',
    title: 'all killed, back after 2 s',
    method: 'GET',
    hasNoServerAtFault: true,
    wanted: 100,
    restarted: all,
    run: ({ servers }) => killed(servers, BACK_MS),
  },
  {
    id: 'deploy',
    title: 'rolling deploy, POST',
    method: 'POST',
    wanted: 0,
    restarted: all,
    run: ({ servers }) => rollOver(servers),
  },
  {
    id: 'one-killed',
    title: 'one killed',
    method: 'GET',
    wanted: 0,
    restarted: last,
    run: ({ server }) => killed([server], FAULT_MS),
  },
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
    restarted: last,
    run: ({ server }) => rollOver([server]),
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
    title: '10 of 50 are killed every 6 s for 3 s, for a minute',
    method: 'GET',
    servers: 50,
    hasNoServerAtFault: true,
    wanted: 0,
    restarted: everyFifth,
    run: flap,
  },
  {
    id: 'slow-readers',
    title: 'nobody at fault, 20 clients take 4 s to read 4 MiB',
    method: 'GET',
    hasNoServerAtFault: true,
    wanted: 0,
    run: ({ slowClients }) => slowClients.readSlowly(20),
  },
  {
    id: 'slow-writers',
    title: 'nobody at fault, 20 clients take 4 s to send 256 KiB',
    method: 'POST',
    hasNoServerAtFault: true,
    wanted: 0,
    run: ({ slowClients }) => slowClients.writeSlowly(20),
  },
  {
    id: 'worker-killed',
    title: 'one of two workers of the proxy is killed, GET',
    method: 'GET',
    workers: 2,
    killsWorker: true,
    hasNoServerAtFault: true,
    wanted: null,
    run: ({ killWorker }) => {
      killWorker();
      return delay(FAULT_MS);
    },
  },
];
