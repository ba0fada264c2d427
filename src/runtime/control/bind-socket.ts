/** Lets a worker listen on a unix socket, where nobody looks for it yet: beside its path. */
import type { ListenerSpec } from '../../core/snapshot.ts';
import { UNIX_PREFIX, isAbstract, socketPathOf } from '../../core/unix-address.ts';
import { ListenError } from './listen-error.ts';
import { equip, groupId, nameBeside } from './socket-file.ts';
import type { FileIdentity } from './socket-file.ts';
import { ignoreGone } from './worker-handle.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** A socket that listens. */
export interface BoundSocket {
  readonly spec: ListenerSpec;
  readonly worker: WorkerHandle;
  /** The name that it has so far; null: it has no file, and is in its place. */
  readonly path: string | null;
  readonly file: FileIdentity | null;
}

/** A name beside a path may be left over from a process of the same id. */
const MOST_TRIES = 3;

/** Rejects where the system refuses the socket, or its mode or group; nothing of it is there then. */
export async function bindSocket(spec: ListenerSpec, worker: WorkerHandle): Promise<BoundSocket> {
  if (isAbstract(spec.host)) {
    await worker.listen(spec, spec.host, 0, false);
    return { spec, worker, path: null, file: null };
  }
  const path = await bindBeside(spec, worker);
  try {
    return { spec, worker, path, file: equip(path, spec) };
  } catch (error) {
    await worker.closeListener(spec).catch(ignoreGone);
    throw error;
  }
}

async function bindBeside(spec: ListenerSpec, worker: WorkerHandle): Promise<string> {
  for (let tries = 1; ; tries++) {
    const path = nameBeside(socketPathOf(spec.host));
    try {
      await worker.listen(spec, UNIX_PREFIX + path, 0, false);
      return path;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (tries === MOST_TRIES || !isTaken) throw error;
    }
  }
}

/** Throws a {@link ListenError} where this machine does not know the group of the file. */
export function requireGroup(spec: ListenerSpec): void {
  try {
    if (spec.group !== undefined) groupId(spec.group);
  } catch (error) {
    throw new ListenError(spec, error);
  }
}
