/**
 * The admin socket of a process: listens, and loads what answers with the first connection. Whoever can open the socket
 * may do everything, so nobody else can: mode 0600, in a folder that is ours and that nobody else can write to.
 */
import { lstat, mkdir, unlink } from 'node:fs/promises';
import net from 'node:net';
import { dirname } from 'node:path';
import type { AdminServer } from './server.ts';
import type { AdminSubject } from './operation.ts';

const MOST_CONNECTIONS = 256;
/** Beyond it whoever listens there hangs, which is not nobody. */
const KNOCK_MS = 1000;

/** The socket cannot be opened, or not safely. `message` says why. */
export class DoorError extends Error {
  override readonly name = 'DoorError';
}

export interface Door {
  readonly path: string;
  /** Closes it and removes the socket. */
  close(): Promise<void>;
}

/** Rejects with a {@link DoorError}. */
export async function openDoor(path: string, subject: AdminSubject): Promise<Door> {
  await requireSafeFolder(dirname(path));
  await removeStale(path);
  let loading: Promise<AdminServer> | null = null;
  /** That was said. */
  let hasFailed = false;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
    loading ??= import('./server.ts').then(({ AdminServer }) => new AdminServer(subject));
    loading.then(
      (admin) => admin.take(socket),
      (error: unknown) => {
        socket.destroy();
        if (!hasFailed)
          console.error(`fairlead: the admin API cannot be loaded: ${subject.process.replaced() ?? String(error)}`);
        hasFailed = true;
      },
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, path);
  server.unref();
  return {
    path,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The mask holds for the moment in which the socket is made: at no time can anybody else open it. */
function listen(server: net.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new DoorError(`${path} cannot be listened on: ${error.message}`)));
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => resolve());
    } finally {
      process.umask(mask);
    }
  });
}

async function requireSafeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode, uid, isDirectory } = await inspect(folder);
    if (!isDirectory) throw new DoorError(`${folder} is not a folder`);
    if (uid !== process.getuid?.()) throw new DoorError(`${folder} belongs to another user`);
    if ((mode & 0o022) !== 0) throw new DoorError(`${folder} can be written to by other users`);
  } catch (error) {
    if (error instanceof DoorError) throw error;
    throw new DoorError(`${folder} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function inspect(
  folder: string,
): Promise<{ readonly mode: number; readonly uid: number; readonly isDirectory: boolean }> {
  const stats = await lstat(folder);
  return { mode: stats.mode, uid: stats.uid, isDirectory: stats.isDirectory() };
}

/** What a process that was killed has left behind; a socket that somebody listens on stays. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new DoorError(`${path} is there, and no socket`);
  if (await isTaken(path))
    throw new DoorError(`${path} belongs to a process that runs: another Fairlead with the same config?`);
  await unlink(path).catch(() => {});
}

function isTaken(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.setTimeout(KNOCK_MS, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}
