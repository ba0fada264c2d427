/**
 * Opens the listening sockets of a listener that is to come, and lets them rest: the address is ours, connections
 * queue in the kernel, and nothing is accepted before a data plane takes a socket over. So whatever can fail has
 * failed before anything of a config takes effect.
 */
import { once } from 'node:events';
import net from 'node:net';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { takeServer } from '../../net/node/listener.ts';
import type { NetServerHandle } from '../../net/node/listener.ts';
import type { ServerSockets } from '../../net/node/server-sockets.ts';
import type { TcpListenOptions } from '../../net/transport.ts';
import { ListenError } from './listen-error.ts';
import type { ListenerMode } from './listener-mode.ts';
import { canReusePort } from './threads.ts';

/** The sockets of one listener, at rest. */
export interface Reservation {
  readonly spec: ListenerSpec;
  readonly mode: ListenerMode;
  /** The one it got, where 0 was asked for. */
  readonly port: number;
  readonly handles: readonly NetServerHandle[];
}

export interface ReserveOptions {
  readonly transport: ServerSockets;
  readonly mode: ListenerMode;
  /** One for each data plane that will accept. */
  readonly sockets: number;
  /** A listener of this process has the port, on this address or a wider one: so nobody can be asked whether it is free. */
  readonly isPortOurs: boolean;
}

/** Rejects with {@link ListenError}; nothing of this listener is open then. */
export async function reserveListener(spec: ListenerSpec, options: ReserveOptions): Promise<Reservation> {
  const { transport, mode, sockets, isPortOurs } = options;
  const host = listenHost(spec);
  const reusePort = mode !== 'own' && canReusePort;
  const handles: NetServerHandle[] = [];
  let { port } = spec;
  try {
    if (reusePort && port !== 0 && !isPortOurs) await requireFree(host, port);
    for (let index = 0; index < sockets; index++) {
      const opened = await openAtRest(transport, { host, port, reusePort });
      handles.push(opened.handle);
      port = opened.port;
    }
  } catch (error) {
    closeResting(handles);
    throw new ListenError(spec, error);
  }
  return { spec, mode, port, handles };
}

/** Opens a listening socket that accepts nothing: it is put to rest in the turn in which it begins to listen. */
export async function openAtRest(
  transport: ServerSockets,
  options: TcpListenOptions,
): Promise<{ readonly handle: NetServerHandle; readonly port: number }> {
  const socket = await transport.listenAndPass(options, refuse);
  return { handle: transport.release(socket), port: socket.port };
}

function refuse(): never {
  throw new Error('accepted a connection for a worker that is not there yet');
}

/** Closes sockets at rest that nobody will take. */
export function closeResting(handles: Iterable<NetServerHandle>): void {
  for (const handle of handles) takeServer(handle).close();
}

export function listenHost({ host }: ListenerSpec): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/**
 * With `reusePort` two programs of one user can listen on the same address and take each other's connections without
 * any error: so the address is first taken for ourselves alone, for a moment.
 */
async function requireFree(host: string, port: number): Promise<void> {
  const server = net.createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
