/** The file of a unix socket that a process has left behind: whoever listens there next has to remove it. */
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Resolves when nothing stale is at the path; what somebody listens on stays, and so does any other file. */
export async function removeStaleSocket(path: string): Promise<void> {
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
