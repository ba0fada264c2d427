/**
 * The only file that knows the inside of Node's sockets for datagrams.
 *
 * Their `send` makes a closure, two ticks and a request to libuv for every datagram, which cost more than the system
 * call; and what it was given is lost where the socket closes in the same turn. Their handle sends at once, and needs the
 * request only for a datagram that has to wait. {@link findSendRequest} gets the class of requests, and tests that all of
 * this still holds.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';

/** Belongs to libuv while a datagram waits. */
export interface SendRequest {
  /** `error`: a negative number of the system's; 0: it has been sent. */
  oncomplete?: (error: number) => void;
}

export type SendRequestClass = new () => SendRequest;

/** `count`: negative: the system's error. */
type OnMessage = (count: number, handle: unknown, datagram: Buffer, peer: RemoteInfo) => void;

/** Bytes and request have to stay as they are where `send` returns 0. */
export interface DatagramHandle {
  onmessage?: OnMessage;
  /** Returns a positive number: sent; 0: it waits, and `oncomplete` will be called; a negative one: the system's error. */
  send(request: SendRequest, list: Buffer[], count: 1, port: number, address: string, tells: true): number;
  /** The same on a connected socket. */
  send(request: SendRequest, list: Buffer[], count: 1, tells: true): number;
}

interface SocketState {
  readonly handle: DatagramHandle | null;
}

const PROBE_MS = 2000;
const PROBE = Buffer.from('fairlead');
/** What a handle returns for it. */
const SENT = PROBE.length + 1;

/** What is needed to send and to hear by the handle of a socket. */
export interface SocketInside {
  readonly handle: DatagramHandle;
  readonly requests: SendRequestClass;
}

/** `requests`: null: this Node is made in another way, and so is what this returns. */
export function insideOf(socket: Socket, requests: SendRequestClass | null): SocketInside | null {
  const handle = requests === null ? null : handleOf(socket);
  return handle === null || requests === null ? null : { handle, requests };
}

function handleOf(socket: Socket): DatagramHandle | null {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  if (key === undefined) return null;
  const state = (socket as unknown as Record<symbol, SocketState | undefined>)[key];
  return typeof state?.handle?.send === 'function' ? state.handle : null;
}

/** What comes to a socket that is bound is heard of here, and not in its event `message`; errors as ever. */
export function hearAtOnce(handle: DatagramHandle, hear: (datagram: Buffer, peer: RemoteInfo) => void): void {
  const { onmessage } = handle;
  if (onmessage === undefined) throw new Error('this Node does not read by its handles');
  handle.onmessage = (count, self, datagram, peer): void => {
    if (count < 0) onmessage(count, self, datagram, peer);
    else hear(datagram, peer);
  };
}

/**
 * Null: this Node does not send by its handles as this file knows it. Opens a socket on 127.0.0.1, which sends to itself,
 * for some milliseconds.
 */
export async function findSendRequest(): Promise<SendRequestClass | null> {
  const socket = createSocket('udp4');
  try {
    const listening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await listening;
    const handle = handleOf(socket);
    if (handle === null) return null;
    const found = await requestClassOf(socket, handle);
    return found !== null && (await isSound(socket, handle, found)) ? found : null;
  } catch {
    return null;
  } finally {
    socket.close();
  }
}

/** Looks what the socket gives to its handle, which has to be what we would give: other arguments may end the process. */
async function requestClassOf(socket: Socket, handle: DatagramHandle): Promise<SendRequestClass | null> {
  const { port } = socket.address();
  const given = await inTime<readonly unknown[]>((resolve) => {
    const look = (...all: readonly unknown[]): number => {
      resolve(all);
      return SENT;
    };
    Object.defineProperty(handle, 'send', { value: look, configurable: true });
    socket.send(PROBE, port, '127.0.0.1', () => {});
  });
  Reflect.deleteProperty(handle, 'send');
  const [request, list, ...rest] = given ?? [];
  if (!(request instanceof Object) || request.constructor === Object) return null;
  const isKnown = Array.isArray(list) && list[0] === PROBE && String(rest) === String([1, port, '127.0.0.1', true]);
  return isKnown ? (request.constructor as SendRequestClass) : null;
}

async function isSound(socket: Socket, handle: DatagramHandle, Request: SendRequestClass): Promise<boolean> {
  const { port } = socket.address();
  const heard = inTime<Buffer>((resolve) => hearAtOnce(handle, resolve));
  const request = new Request();
  request.oncomplete = () => {};
  const result = handle.send(request, [PROBE], 1, port, '127.0.0.1', true);
  if (result !== SENT && result !== 0) return false;
  return (await heard)?.equals(PROBE) === true;
}

/** Null: the time is over. */
function inTime<T>(start: (resolve: (value: T) => void) => void): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PROBE_MS, null);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
