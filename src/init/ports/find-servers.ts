/** Looks for HTTP servers on this machine that a first config can balance over. */
import { findListeningPorts, findProcesses } from '../../machine/listening-ports.ts';
import type { ListeningPort, PortHolder } from '../../machine/listening-ports.ts';
import { groupByApplication } from './applications.ts';
import { askForHead } from './http-answer.ts';
import type { HttpAnswer } from './http-answer.ts';

export interface FoundServer {
  readonly port: number;
  readonly status: number;
  /** Its `Server` header, or `''`. */
  readonly server: string;
  /** The name of its process, or `''` where that cannot be read. */
  readonly program: string;
}

/** One application, on one port or on several. */
export interface FoundApplication {
  /** A label of a host name. */
  readonly name: string;
  readonly servers: readonly FoundServer[];
  /** A path that all of them answered with 2xx; null where there is none. */
  readonly healthPath: string | null;
}

/** It answers, but does not go into the config. */
export interface LeftOut extends FoundServer {
  /** `proxy`: it would be asked in vain, or would ask us. `failing`: its answer was a 5xx. */
  readonly reason: 'proxy' | 'failing';
}

export interface Found {
  readonly applications: readonly FoundApplication[];
  readonly leftOut: readonly LeftOut[];
}

/** What the search needs from the machine. */
export interface Surroundings {
  listeningPorts(): Promise<readonly ListeningPort[]>;
  processes(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, PortHolder>>;
  /** For each request, in milliseconds. */
  readonly timeoutMs: number;
}

export const THIS_MACHINE: Surroundings = {
  listeningPorts: async () => (await findListeningPorts()).filter(({ port }) => isWorthAsking(port)),
  processes: findProcesses,
  timeoutMs: 300,
};

/** Databases, queues and debuggers: a request there ends in their log as a broken client. */
const NOT_HTTP: ReadonlySet<number> = new Set([
  ...[1433, 1521, 1883, 2181, 3306, 3389, 4222, 5060, 5432, 5433, 5671, 5672, 5900, 5901, 6000, 6010, 6379, 6380],
  ...[6432, 7000, 7001, 7687, 8883, 9042, 9092, 9229, 11211, 26257, 26379, 27017, 27018, 33060, 50051],
]);
const LOWEST = 1024;
/** Where the kernel takes ports for programs that do not care: editors and their servers. */
const EPHEMERAL = 32_768;
const MOST_ASKED = 64;
const HEALTH_PATHS = ['/healthz', '/health', '/healthcheck', '/'];

export function isWorthAsking(port: number): boolean {
  return port >= LOWEST && port < EPHEMERAL && !NOT_HTTP.has(port);
}

interface Answering extends FoundServer {
  readonly holder: PortHolder | null;
  readonly isProxy: boolean;
}

export async function findServers(machine: Surroundings): Promise<Found> {
  const answering = await askAll(machine);
  const reasonFor = ({ isProxy, status }: Answering): LeftOut['reason'] | null =>
    isProxy ? 'proxy' : status >= 500 ? 'failing' : null;
  const applications = groupByApplication(answering.filter((server) => reasonFor(server) === null));
  return {
    applications: await Promise.all(
      applications.map(async ({ name, servers }) => ({
        name,
        servers: servers.map(toFound),
        healthPath: await findHealthPath(servers, machine.timeoutMs),
      })),
    ),
    leftOut: answering.flatMap((server) => {
      const reason = reasonFor(server);
      return reason === null ? [] : [{ ...toFound(server), reason }];
    }),
  };
}

async function askAll(machine: Surroundings): Promise<readonly Answering[]> {
  const ports = (await machine.listeningPorts()).slice(0, MOST_ASKED);
  const asked = await Promise.all(
    ports.map(async ({ port, inode }) => ({ port, inode, answer: await askForHead(port, '/', machine.timeoutMs) })),
  );
  const answered = asked.filter((each): each is ListeningPort & { answer: HttpAnswer } => each.answer !== null);
  const processes = await machine.processes(new Set(answered.flatMap(({ inode }) => inode ?? [])));
  return answered.map(({ port, inode, answer: { status, server, isProxy } }) => {
    const holder = processes.get(inode ?? '') ?? null;
    const program = holder?.program ?? '';
    return { port, status, server, program, holder, isProxy: isProxy || PROXIES.test(program) || PROXIES.test(server) };
  });
}

/** By the name of a process, or by what `Server` says. A web server that runs applications itself is none. */
const PROXIES =
  /^(?:nginx|openresty|tengine|haproxy|caddy|traefik|envoy|varnish|squid|tinyproxy|pound|hitch|fairlead)\w*\b/i;

function toFound({ port, status, server, program }: Answering): FoundServer {
  return { port, status, server, program };
}

async function findHealthPath(servers: readonly FoundServer[], timeoutMs: number): Promise<string | null> {
  for (const path of HEALTH_PATHS) {
    const answers = await Promise.all(servers.map(({ port }) => askForHead(port, path, timeoutMs)));
    if (answers.every((answer) => answer !== null && answer.status >= 200 && answer.status < 300)) return path;
  }
  return null;
}
