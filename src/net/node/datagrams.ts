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
import { createSender } from './datagram-sender.ts';
import type { DatagramSender } from './datagram-sender.ts';
import { findSendRequest, hearAtOnce, insideOf } from './dgram-internals.ts';
import type { SendRequestClass } from './dgram-internals.ts';

/** What events of a thread have in common. */
export interface DatagramsHost {
  readonly guard: Guard;
  readonly clock: LoopClock;
}

type FlowPeer = Parameters<Datagrams['connect']>[0];

/** Datagrams that wait to be sent; the system's own buffer is before them. */
const MOST_SENDING = { listener: 1024, flow: 64 } as const;
/** Whoever sends from it wants no answer (RFC 768); Node throws where it is to be sent to. */
const NO_PORT = 0;
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

/** `find`: tests the way to send that costs least, once, before the first socket is there; null: there is none. */
export function createNodeDatagrams(host: DatagramsHost, find = findSendRequest): Datagrams {
  let finding: Promise<void> | null = null;
  let requests: SendRequestClass | null = null;
  return {
    listen: async (options, events) => {
      await (finding ??= find().then((found) => void (requests = found)));
      return new NodeDatagramListener(await bind(options), events, host, requests);
    },
    connect: (to, events) => new NodeDatagramFlow(to, events, host, requests),
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
  readonly #sender: DatagramSender;
  #isClosed = false;

  /** Takes a bound socket over. */
  constructor(socket: Socket, events: DatagramListenerEvents, host: DatagramsHost, requests: SendRequestClass | null) {
    this.port = socket.address().port;
    this.#socket = socket;
    this.#events = events;
    this.#host = host;
    const inside = insideOf(socket, requests);
    this.#sender = createSender(socket, inside, this.#onUnsent);
    if (inside === null) socket.on('message', this.#hear);
    else hearAtOnce(inside.handle, this.#hear);
    socket.on('error', (error) => host.guard.report(error));
  }

  send(datagram: Buffer, to: DatagramPeer): boolean {
    if (this.#isClosed || to.port === NO_PORT || this.#sender.waiting >= MOST_SENDING.listener) return false;
    this.#sender.send(datagram, to);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  readonly #hear = (datagram: Buffer, peer: RemoteInfo): void => {
    if (this.#isClosed) return;
    this.#host.clock.enter();
    try {
      this.#events.onDatagram(datagram, peer);
    } catch (error) {
      this.#host.guard.caught(error, this.#events);
    }
    this.#host.clock.leave();
  };

  readonly #onUnsent = (): void => {
    if (!this.#isClosed) enter(this.#host, this.#events, () => this.#events.onUnsent());
  };
}

class NodeDatagramFlow implements DatagramFlow {
  readonly #socket: Socket;
  readonly #events: DatagramFlowEvents;
  readonly #host: DatagramsHost;
  readonly #sender: DatagramSender;
  #isClosed = false;

  constructor(to: FlowPeer, events: DatagramFlowEvents, host: DatagramsHost, requests: SendRequestClass | null) {
    this.#events = events;
    this.#host = host;
    this.#socket = dgram.createSocket(familyOf(to.host));
    const inside = insideOf(this.#socket, requests);
    this.#sender = createSender(this.#socket, inside, this.#fail);
    if (inside === null) this.#socket.on('message', this.#hear);
    this.#socket.on('connect', () => {
      if (this.#isClosed) return;
      if (inside !== null) hearAtOnce(inside.handle, this.#hear);
      enter(host, events, () => events.onOpen());
    });
    // Some come while this is being made.
    this.#socket.on('error', (error) => process.nextTick(this.#fail, error, null));
    this.#socket.connect(to.port, to.host);
  }

  send(datagram: Buffer): boolean {
    if (this.#isClosed || this.#sender.waiting >= MOST_SENDING.flow) return false;
    this.#sender.send(datagram, null);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  readonly #hear = (datagram: Buffer): void => {
    if (this.#isClosed) return;
    this.#host.clock.enter();
    try {
      this.#events.onDatagram(datagram);
    } catch (error) {
      this.#host.guard.caught(error, this.#events);
    }
    this.#host.clock.leave();
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
