/**
 * The only file that knows what Node makes its sockets of: the handles of libuv, the requests that these are given, and
 * the function that reads for whoever owns one. `handle-socket.ts` is a socket of these parts.
 *
 * All is found in Node's own sockets, without a descriptor. `handle-check.ts` looks whether Node calls its handles as we
 * will, and `probe.ts` tries on connections of its own that the parts work together as they should.
 */
import net from 'node:net';
import type { DialParts, HandleParts, OwnerKeys, SocketHandle } from './handle-types.ts';
import { NO_MARK } from './node-internals.ts';

/** Kind of a handle that connects, among others that listen. */
export const CONNECTION = 0;

const ADDRESS = '127.0.0.1';
const PORT = 9;
/** Where nobody listens, should somebody connect all the same. */
const NOBODYS_PATH = '\0fairlead looks';

/** What a listening server accepts comes here from now on, and not in its event `connection`; errors as ever. */
export function takeHandles(server: net.Server, take: (handle: SocketHandle) => void): void {
  const { _handle: handle } = server as unknown as { _handle: ListeningHandle };
  const { onconnection } = handle;
  handle.onconnection = function (status, accepted): void {
    if (status !== 0 || accepted === undefined) onconnection.call(this, status, accepted);
    else take(accepted);
  };
}

interface ListeningHandle {
  onconnection: (this: unknown, status: number, accepted?: SocketHandle) => void;
}

/** What a socket is made of, which nobody has listened to yet: it is none any more. */
export function takeHandle(socket: net.Socket): SocketHandle {
  const owner = socket as unknown as { _handle: SocketHandle | null };
  const { _handle: handle } = owner;
  if (handle === null) throw new Error('this socket is closed');
  owner._handle = null;
  if (handle.reading === true) {
    handle.reading = false;
    handle.readStop();
  }
  return handle;
}

/** A socket of Node's over this handle; it does not read yet. */
export function streamOver(handle: SocketHandle): net.Socket {
  const options: object = { handle, allowHalfOpen: true, pauseOnCreate: true, highWaterMark: NO_MARK };
  return new net.Socket(options);
}

async function findHandleParts(): Promise<HandleParts | null> {
  try {
    const owner = findOwnerParts();
    const tcp = await findDialParts({ host: ADDRESS, port: PORT }, [ADDRESS, PORT]);
    const unix = await findDialParts({ path: NOBODYS_PATH }, [NOBODYS_PATH]);
    return owner === null || tcp === null || unix === null ? null : { ...owner, tcp, unix };
  } catch {
    return null;
  }
}

/** What a socket does with a handle that it is given. */
function findOwnerParts(): Pick<HandleParts, 'keys' | 'onread' | 'ShutdownRequest'> | null {
  const handle = new LookingHandle();
  const options: object = { handle, readable: false };
  const socket = new net.Socket(options);
  socket.end();
  const { onread } = handle;
  const keys = findKeys(socket, handle);
  socket.destroy();
  const ShutdownRequest = classOf(handle.request) as HandleParts['ShutdownRequest'] | null;
  if (keys === null || ShutdownRequest === null || typeof onread !== 'function') return null;
  return { keys, onread, ShutdownRequest };
}

/** Notes what Node calls it with. */
class LookingHandle {
  onread: unknown = null;
  request: unknown = null;
  /** What a connect was called with besides. */
  target: readonly unknown[] = [];

  shutdown(request: unknown): number {
    this.request = request;
    return 0;
  }

  connect(...[request, ...target]: readonly unknown[]): number {
    this.request = request;
    this.target = target;
    return 0;
  }

  close(): void {}
}

function findKeys(socket: net.Socket, handle: LookingHandle): OwnerKeys | null {
  const symbols = new Map<string | undefined, symbol>();
  for (const object of [socket, net.Socket.prototype, handle])
    for (const symbol of Object.getOwnPropertySymbols(object)) symbols.set(symbol.description, symbol);
  const owner = symbols.get('owner_symbol');
  const updateTimer = symbols.get('kUpdateTimer');
  const buffer = symbols.get('kBuffer');
  const callback = symbols.get('kBufferCb');
  const generator = symbols.get('kBufferGen');
  if (owner === undefined || updateTimer === undefined || buffer === undefined) return null;
  if (callback === undefined || generator === undefined) return null;
  return { owner, updateTimer, buffer, callback, generator };
}

/** Looks what a socket connects with: what it makes for that is kept from it, and it gets another handle, which looks. */
async function findDialParts(options: net.SocketConnectOpts, target: readonly unknown[]): Promise<DialParts | null> {
  const looking = new LookingHandle();
  // What Node does in a tick may throw to nobody.
  const patient = new Proxy(looking, {
    get: (handle, name): unknown => (Reflect.get(handle, name, handle) as unknown) ?? unknownOf(name),
  });
  const made: SocketHandle[] = [];
  const socket = new net.Socket();
  Object.defineProperty(socket, '_handle', {
    get: () => (made.length === 0 ? null : patient),
    set: (handle: SocketHandle | null) => {
      if (handle !== null) made.push(handle);
    },
  });
  socket.on('error', () => {});
  socket.connect({ ...options, autoSelectFamily: false });
  // An address is connected to in the next tick.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  socket.destroy();
  const [handle] = made;
  const Handle = classOf(handle) as DialParts['Handle'] | null;
  const Request = classOf(looking.request) as DialParts['Request'] | null;
  if (Handle === null || Request === null || looking.target.join() !== target.join()) return null;
  handle.close(() => {});
  return { Handle, Request };
}

/** Anything else that a handle may be asked to do. */
function unknownOf(name: string | symbol): unknown {
  return typeof name === 'symbol' || name === 'getAsyncId' ? undefined : () => 0;
}

function classOf(made: unknown): unknown {
  return made instanceof Object && made.constructor !== Object ? made.constructor : null;
}

/** Null: this Node is made in another way. */
export const handleParts: HandleParts | null = await findHandleParts();
