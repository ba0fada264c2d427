/**
 * What the kernel knows of our sockets and Node does not tell: how much of what was written the peer's system has yet
 * to take, and whether the peer has left after bytes that nobody has read. Linux lists it in `/proc/net/tcp`, all
 * sockets at once (2 ms for a few hundred). So it is read only for a connection that has waited long, off the event
 * loop, and once for all that ask meanwhile. On other systems nothing is known.
 */
import type { PeerState } from '../transport.ts';

/** Not imported: an import reads every name of the module, and `promises` brings the line editor of terminals with it. */
const fs = process.getBuiltinModule('node:fs');

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Fields of a line, and states of a socket whose peer has sent FIN. */
const STATE = 3;
const QUEUES = 4;
const INODE = 9;
const BLANK = 32;
const PEER_ENDED: ReadonlySet<string> = new Set(['08', '09', '0B']);

/** Who asked. */
export interface SocketWatcher {
  /** `unsent`: bytes written that the peer's system has yet to take. `state`: whether the peer is still there. */
  onListed(unsent: number, state: PeerState): void;
}

export class SocketTable {
  /** By inode; null while nobody asks. */
  #asked: Map<string, SocketWatcher> | null = null;
  #isThere = true;
  readonly #read: (path: string) => Promise<string>;

  constructor(read = (path: string): Promise<string> => readTable(path)) {
    this.#read = read;
  }

  /** `onListed` follows, later. False: this system keeps no such table. */
  ask(fd: number, watcher: SocketWatcher): boolean {
    if (!this.#isThere) return false;
    const isFirst = this.#asked === null;
    this.#asked ??= new Map();
    try {
      this.#asked.set(String(fs.fstatSync(fd).ino), watcher);
    } catch {
      // It was closed meanwhile.
    }
    if (isFirst) void this.#look();
    return true;
  }

  async #look(): Promise<void> {
    const tables = await Promise.all(TABLES.map((path) => this.#read(path).catch(() => null)));
    const asked = this.#asked;
    this.#asked = null;
    this.#isThere = tables[0] !== null;
    if (asked === null || !this.#isThere) return;
    for (const table of tables) if (table !== null) tell(table, asked);
    // A socket that was reset is not listed any more.
    for (const watcher of asked.values()) watcher.onListed(0, 'gone');
  }
}

function readTable(path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  fs.readFile(path, 'latin1', (error, text) => (error === null ? resolve(text) : reject(error)));
  return promise;
}

/** Tells the askers that are listed, and removes them. */
function tell(table: string, asked: Map<string, SocketWatcher>): void {
  let at = table.indexOf('\n') + 1;
  while (at < table.length && asked.size > 0) {
    const end = table.indexOf('\n', at);
    if (end < 0) return;
    const inode = field(table, at, INODE);
    const watcher = asked.get(inode);
    if (watcher !== undefined) {
      asked.delete(inode);
      const unsent = Number.parseInt(field(table, at, QUEUES), 16);
      watcher.onListed(unsent, PEER_ENDED.has(field(table, at, STATE)) ? 'ended' : 'there');
    }
    at = end + 1;
  }
}

/** Field `index` of the line that begins at `start`; fields are parted by blanks. */
function field(table: string, start: number, index: number): string {
  let at = start;
  for (let passed = 0; ; passed++) {
    while (table.charCodeAt(at) === BLANK) at++;
    const end = table.indexOf(' ', at);
    if (passed === index) return table.slice(at, end);
    at = end;
  }
}
