/** Looks for HTTP servers on this machine that a first config can balance over. */
import { askForHead } from './http-answer.ts';
import type { HttpAnswer } from './http-answer.ts';
import { findListeningPorts, findPrograms } from '../../machine/listening-ports.ts';
import type { ListeningPort } from '../../machine/listening-ports.ts';

export interface FoundServer {
  readonly port: number;
  readonly status: number;
  /** Its `Server` header, or `''`. */
  readonly server: string;
  /** The name of its process, or `''` where that cannot be read. */
  readonly program: string;
}

export interface Found {
  readonly servers: readonly FoundServer[];
  /** A path that all of them answered with 2xx; null where there is none. */
  readonly healthPath: string | null;
}

/** What the search needs of the machine. */
export interface Surroundings {
  listeningPorts(): Promise<readonly ListeningPort[]>;
  programs(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, string>>;
  /** For each request, in milliseconds. */
  readonly timeoutMs: number;
}

export const THIS_MACHINE: Surroundings = {
  listeningPorts: async () => (await findListeningPorts()).filter(({ port }) => isWorthAsking(port)),
  programs: findPrograms,
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

export async function findServers(machine: Surroundings): Promise<Found> {
  const ports = (await machine.listeningPorts()).slice(0, MOST_ASKED);
  const answers = await Promise.all(
    ports.map(async (listening) => ({
      ...listening,
      answer: await askForHead(listening.port, '/', machine.timeoutMs),
    })),
  );
  const answering = answers.filter((asked): asked is ListeningPort & { answer: HttpAnswer } => isServer(asked.answer));
  const programs = await machine.programs(new Set(answering.flatMap(({ inode }) => inode ?? [])));
  const servers = answering.map(({ port, inode, answer: { status, server } }): FoundServer => {
    return { port, status, server, program: programs.get(inode ?? '') ?? '' };
  });
  return { servers, healthPath: await findHealthPath(servers, machine.timeoutMs) };
}

function isServer(answer: HttpAnswer | null): boolean {
  return answer !== null && !answer.isFairlead;
}

async function findHealthPath(servers: readonly FoundServer[], timeoutMs: number): Promise<string | null> {
  if (servers.length === 0) return null;
  for (const path of HEALTH_PATHS) {
    const answers = await Promise.all(servers.map(({ port }) => askForHead(port, path, timeoutMs)));
    if (answers.every((answer) => answer !== null && answer.status >= 200 && answer.status < 300)) return path;
  }
  return null;
}
