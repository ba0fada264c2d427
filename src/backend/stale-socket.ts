/** The file of a unix socket that a process has left behind: whoever listens there next has to remove it. */
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Server } from 'node:net';
import { isAbstract, isUnixAddress, socketPathOf } from '../core/unix-address.ts';

/** Resolves once it listens: at a unix socket even where a process has left one behind. Rejects with Node's error. */
export async function listenAt(server: Server, host: string, port: number): Promise<void> {
  const path = isUnixAddress(host) ? socketPathOf(host) : null;
  // A name without a file goes with its process.
  if (path !== null && !isAbstract(host)) await removeStaleSocket(path);
  server.listen(path === null ? { port, host } : { path });
  await once(server, 'listening');
}

/** Resolves when nothing stale is at the path; what somebody listens on stays, and so does any other file. */
async function removeStaleSocket(path: string): Promise<void> {
  const isStale = await new Promise<boolean>((resolve) => {
    const socket = connect({ path });
    socket.on('connect', () => {
      resolve(false);
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (isStale && (await lstat(path)).isSocket()) await unlink(path);
}
