/** Which TCP ports something on this machine listens on, and which programs they belong to, as far as /proc says. */
import { readFile, readdir, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

export interface ListeningPort {
  readonly port: number;
  /** The number of its socket, by which its process is found; null where that is not known. */
  readonly inode: string | null;
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const LISTEN = '0A';
/** 127.0.0.1, every address, ::1 and ::, as /proc writes them. */
const REACHABLE = new Set(['0100007F', '00000000', '0'.repeat(32), `${'0'.repeat(24)}01000000`]);
/** If there is no /proc: the ports that development servers usually take. */
const USUAL = [
  ...Array.from({ length: 11 }, (_, index) => 3000 + index),
  ...[4000, 4200, 4321, 5000, 5001, 5173, 5174, 8000, 8001, 8008, 8888, 9000],
  ...Array.from({ length: 11 }, (_, index) => 8080 + index),
];

/** In order, each port once. */
export async function findListeningPorts(): Promise<readonly ListeningPort[]> {
  const tables = await Promise.all(TABLES.map(readOrNothing));
  if (tables.every((table) => table === '')) return USUAL.map((port) => ({ port, inode: null }));
  return parseListening(tables.join('\n'));
}

interface SocketLine {
  /** `0100007F:0BB8` */
  readonly local: string;
  readonly state: string | undefined;
  readonly inode: string | null;
}

/** The lines of /proc/net/tcp and tcp6: `0: 0100007F:0BB8 00000000:0000 0A … uid timeout inode`. */
function readTable(table: string): readonly SocketLine[] {
  return table.split('\n').map((line) => {
    const [, local = '', , state, , , , , , inode = null] = line.trim().split(/\s+/);
    return { local, state, inode };
  });
}

/** The addresses that a program on this machine can reach. */
export function parseListening(table: string): readonly ListeningPort[] {
  const found = new Map<number, ListeningPort>();
  for (const { local, state, inode } of readTable(table)) {
    const address = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
    if (address === null || state !== LISTEN || !REACHABLE.has(address[1])) continue;
    const port = Number.parseInt(address[2], 16);
    if (!found.has(port)) found.set(port, { port, inode });
  }
  return [...found.values()].sort((a, b) => a.port - b.port);
}

/** The process that has a socket. */
export interface PortHolder {
  readonly pid: number;
  /** `node server.js` */
  readonly program: string;
  /** Its command line, the program first; empty if that cannot be read. */
  readonly command: readonly string[];
  /** The folder it works in; `''` where that cannot be read. */
  readonly folder: string;
}

/**
 * The process that listens on a port, at any address; null: there is none, it is another user's, or there is no /proc.
 */
export async function findPortHolder(port: number): Promise<PortHolder | null> {
  const tables = await Promise.all(TABLES.map(readOrNothing));
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readTable(tables.join('\n')).filter((each) => each.state === LISTEN && each.local.endsWith(local));
  const processes = await findProcesses(new Set(lines.flatMap(({ inode }) => inode ?? [])));
  return [...processes.values()].at(0) ?? null;
}

/** The processes that have these sockets, by their numbers. Processes of other users are not found. */
export async function findProcesses(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, PortHolder>> {
  const found = new Map<string, PortHolder>();
  if (inodes.size === 0) return found;
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    for (const inode of await socketsOf(pid)) {
      if (inodes.has(inode)) found.set(inode, await readProcess(pid));
    }
    if (found.size === inodes.size) break;
  }
  return found;
}

async function readProcess(pid: string): Promise<PortHolder> {
  const [name, command, folder] = await Promise.all([
    readOrNothing(`/proc/${pid}/comm`),
    readOrNothing(`/proc/${pid}/cmdline`),
    readlink(`/proc/${pid}/cwd`).catch(() => ''),
  ]);
  const words = command.split('\0').filter((word) => word !== '');
  return { pid: Number(pid), program: programName(name, command), command: words, folder };
}

const RUNS_SCRIPTS = /^(?:node|bun|deno|python|ruby|php|perl|java)[\d.]*$/;
const LONGEST_NAME = 40;

/** `node server.js`: the program, and the script that it runs. `command` are its words with NUL behind each. */
export function programName(name: string, command: string): string {
  // Node gives its first thread this name, and the first thread names the process.
  const program = name.trim().replace(/-MainThread$/, '');
  const [, ...words] = command.split('\0');
  const script = RUNS_SCRIPTS.test(program) ? words.find((word) => /^[^-].*\.\w+$/s.test(word)) : undefined;
  const whole = script === undefined ? program : `${program} ${basename(script)}`;
  // It is written into a comment of the config.
  return whole.replace(/[^ -~]/g, '').slice(0, LONGEST_NAME);
}

async function socketsOf(pid: string): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
