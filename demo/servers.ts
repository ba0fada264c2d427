/** The five servers of the demo, in two pools. */
import { DemoServer } from './demo-server.ts';
import type { DemoServerOptions } from './demo-server.ts';

/**
 * - `calm`: much alike and without faults, so that what the keys do to them shows.
 * - `lively`: each with another speed, the last one flaky, so that something happens without keys.
 */
export type Temper = 'calm' | 'lively';

/** The flaky server works for this long, then fails for that long. */
const GOOD_MS = 15_000;
const BAD_MS = 8_000;
const FIRST_PORT = 8081;
const POOLS = ['app', 'app', 'app', 'api', 'api'] as const;

const SERVERS: Readonly<Record<Temper, readonly DemoServerOptions[]>> = {
  calm: [
    { name: 's1', latencyMs: 20 },
    { name: 's2', latencyMs: 20 },
    { name: 's3', latencyMs: 25 },
    { name: 's4', latencyMs: 15 },
    { name: 's5', latencyMs: 20 },
  ],
  lively: [
    { name: 's1', latencyMs: 15 },
    { name: 's2', latencyMs: 60 },
    { name: 's3', latencyMs: 240 },
    { name: 's4', latencyMs: 20 },
    { name: 's5', latencyMs: 80, errorRate: 0.05 },
  ],
};

export interface DemoServers {
  readonly all: readonly DemoServer[];
  close(): Promise<void>;
}

/** On ports 8081 to 8085 of 127.0.0.1 where they are free, else on others. */
export async function startServers(temper: Temper): Promise<DemoServers> {
  const started = SERVERS[temper].map((options, i) => DemoServer.start(POOLS[i], FIRST_PORT + i, options));
  const all = await Promise.all(started);
  const stop = temper === 'lively' ? alternate(all[all.length - 1]) : (): void => {};
  return {
    all,
    async close() {
      stop();
      await Promise.all(all.map((server) => server.close()));
    },
  };
}

/** Returns what ends it. */
function alternate(server: DemoServer): () => void {
  let timer: NodeJS.Timeout;
  const turnBad = (): void => {
    server.fail();
    timer = setTimeout(turnGood, BAD_MS);
  };
  const turnGood = (): void => {
    void server.revive();
    timer = setTimeout(turnBad, GOOD_MS);
  };
  timer = setTimeout(turnBad, GOOD_MS);
  return () => clearTimeout(timer);
}
