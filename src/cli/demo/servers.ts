/** The five servers of the demo: each of another speed, the last one flaky. */
import { startBackend } from '../backend/backend.ts';
import type { Backend, BackendOptions } from '../backend/backend.ts';

/** The flaky server works for so long, then fails for so long. */
const GOOD_MS = 15_000;
const BAD_MS = 8_000;
const FIRST_PORT = 8081;

const SERVERS: readonly BackendOptions[] = [
  { name: 's1', latencyMs: 15 },
  { name: 's2', latencyMs: 60 },
  { name: 's3', latencyMs: 240 },
  { name: 's4', latencyMs: 20 },
  { name: 's5', latencyMs: 80, errorRate: 0.05 },
];

export interface DemoServers {
  readonly app: readonly Backend[];
  readonly api: readonly Backend[];
  close(): Promise<void>;
}

/** On ports 8081 to 8085 of 127.0.0.1 where they are free, else on others. */
export async function startServers(): Promise<DemoServers> {
  const servers = await Promise.all(SERVERS.map((options, i) => startOnPreferred(FIRST_PORT + i, options)));
  const stop = alternate(servers[servers.length - 1]);
  return {
    app: servers.slice(0, 3),
    api: servers.slice(3),
    async close() {
      stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

async function startOnPreferred(port: number, options: BackendOptions): Promise<Backend> {
  return startBackend({ ...options, port }).catch(() => startBackend(options));
}

/** Returns what ends it. */
function alternate(server: Backend): () => void {
  let timer: NodeJS.Timeout;
  const turnBad = (): void => {
    server.setMode('fail');
    timer = setTimeout(turnGood, BAD_MS);
  };
  const turnGood = (): void => {
    server.setMode('ok');
    timer = setTimeout(turnBad, GOOD_MS);
  };
  timer = setTimeout(turnBad, GOOD_MS);
  return () => clearTimeout(timer);
}
