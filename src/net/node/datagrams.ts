/** Datagrams over `node:dgram`. Addresses are numeric, so that nothing of it waits for a resolver. */
import dgram from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type {
  DatagramFlow,
  DatagramFlowEvents,
  DatagramListener,
  DatagramListenerEvents,
  DatagramListenOptions,
  DatagramPeer,
  Datagrams,
} from '../datagrams.ts';
import type { FaultOwner, Guard } from '../guard.ts';
import type { LoopClock } from '../loop-clock.ts';
import { closeReasonOf, codeOf } from './close-reason.ts';

/** What events of a thread have in common. */
export interface DatagramsHost {
  readonly guard: Guard;
  readonly clock: LoopClock;
}

/** Datagrams that wait to be sent; the system's own buffer is before them. */
const MOST_SENDING = { listener: 1024, flow: 64 } as const;
/** Of a socket that hears from everybody; the system gives less where it may not give so much (net.core.rmem_max). */
const RECEIVE_BYTES = 1024 * 1024;
/** What the system says where it has no IPv6. */
const WITHOUT_IPV6: readonly string[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'];

type Resolved = (error: null, address: string, family: number) => void;
type Lookup = (host: string, options: unknown, done: Resolved) => void;

/** In place of the resolver, which would be asked for every answer. */
const AS_IPV4: Lookup = (host, _options, done) => done(null, host, 4);
const AS_IPV6: Lookup = (host, _options, done) => done(null, host, 6);

/** What a socket is made with that has to do with this address. */
function familyOf(host: string): { readonly type: 'udp4' | 'udp6'; readonly lookup: Lookup } {
  return isIPv6(host) ? { type: 'udp6', lookup: AS_IPV6 } : { type: 'udp4', lookup: AS_IPV4 };
}

export function createNodeDatagrams(host: DatagramsHost): Datagrams {
  return {
    listen: async (options, events) => new NodeDatagramListener(await bind(options), events, host),
    connect: (to, events) => new NodeDatagramFlow(to, events, host),
  };
}

/** Every address: those of IPv4 as well, and they alone where there is no IPv6. */
async function bind({ host, ...options }: DatagramListenOptions): Promise<Socket> {
  if (host !== '') return bindTo({ ...options, host });
  try {
    return await bindTo({ ...options, host: '::' });
  } catch (error) {
    if (!WITHOUT_IPV6.includes(codeOf(error))) throw error;
    return bindTo({ ...options, host: '0.0.0.0' });
  }
}

async function bindTo({ host, port, reusePort }: DatagramListenOptions): Promise<Socket> {
  const socket = dgram.createSocket({ ...familyOf(host), reusePort, recvBufferSize: RECEIVE_BYTES });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ address: host, port });
    await listening;
    return socket;
  } catch (error) {
    socket.on('error', () => {}).close();
    throw error;
  }
}

class NodeDatagramListener implements DatagramListener {
  readonly port: number;
  readonly #socket: Socket;
  readonly #events: DatagramListenerEvents;
  readonly #host: DatagramsHost;
  #sending = 0;
  #isClosed = false;

  /** Takes a bound socket over. */
  constructor(socket: Socket, events: DatagramListenerEvents, host: DatagramsHost) {
    this.port = socket.address().port;
    this.#socket = socket;
    this.#events = events;
    this.#host = host;
    socket.on('message', (datagram, peer) => this.#hear(datagram, peer));
    socket.on('error', (error) => host.guard.report(error));
  }

  send(datagram: Buffer, { address, port }: DatagramPeer): boolean {
    if (this.#isClosed || this.#sending >= MOST_SENDING.listener) return false;
    this.#sending++;
    this.#socket.send(datagram, port, address, this.#onSent);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #hear(datagram: Buffer, peer: RemoteInfo): void {
    if (this.#isClosed) return;
    this.#host.clock.enter();
    try {
      this.#events.onDatagram(datagram, peer);
    } catch (error) {
      this.#host.guard.caught(error, this.#events);
    }
    this.#host.clock.leave();
  }

  /** One for all of them: what is sent costs no closure. */
  readonly #onSent = (error: Error | null): void => {
    this.#sending--;
    if (error !== null && !this.#isClosed) enter(this.#host, this.#events, () => this.#events.onUnsent());
  };
}

class NodeDatagramFlow implements DatagramFlow {
  readonly #socket: Socket;
  readonly #events: DatagramFlowEvents;
  readonly #host: DatagramsHost;
  /** In the order in which the system says what became of them. */
  readonly #sending: Buffer[] = [];
  #isClosed = false;

  constructor(to: { readonly host: string; readonly port: number }, events: DatagramFlowEvents, host: DatagramsHost) {
    this.#events = events;
    this.#host = host;
    this.#socket = dgram.createSocket(familyOf(to.host));
    this.#socket.on('message', (datagram) => this.#hear(datagram));
    this.#socket.on('connect', () => enter(host, events, () => this.#isClosed || events.onOpen()));
    // Some come while this is being made.
    this.#socket.on('error', (error) => process.nextTick(this.#fail, error, null));
    this.#socket.connect(to.port, to.host);
  }

  send(datagram: Buffer): boolean {
    if (this.#isClosed || this.#sending.length >= MOST_SENDING.flow) return false;
    this.#sending.push(datagram);
    this.#socket.send(datagram, this.#onSent);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #hear(datagram: Buffer): void {
    if (this.#isClosed) return;
    this.#host.clock.enter();
    try {
      this.#events.onDatagram(datagram);
    } catch (error) {
      this.#host.guard.caught(error, this.#events);
    }
    this.#host.clock.leave();
  }

  /** One for all of them: what is sent costs no closure. */
  readonly #onSent = (error: Error | null): void => {
    const datagram = this.#sending.shift() ?? null;
    if (error !== null) this.#fail(error, datagram);
  };

  readonly #fail = (error: Error, unsent: Buffer | null): void => {
    if (this.#isClosed) return;
    enter(this.#host, this.#events, () => this.#events.onError(closeReasonOf(error, false), unsent));
  };
}

/** An entry from Node that comes seldom. */
function enter({ clock, guard }: DatagramsHost, owner: FaultOwner, task: () => unknown): void {
  clock.enter();
  try {
    task();
  } catch (error) {
    guard.caught(error, owner);
  }
  clock.leave();
}
