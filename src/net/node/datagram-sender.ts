/** How datagrams leave a socket: by its handle, or, where this Node has none that we know, by its `send`. */
import type { Socket } from 'node:dgram';
import { getSystemErrorName } from 'node:util';
import type { DatagramPeer } from '../datagrams.ts';
import type { DatagramHandle, SendRequest, SendRequestClass, SocketInside } from './dgram-internals.ts';

/** What has become of a datagram that could not be sent. Never called before the `send` of it has returned. */
export type OnUnsent = (error: Error, datagram: Buffer) => void;

export interface DatagramSender {
  /** Datagrams that wait to be sent. */
  readonly waiting: number;
  /** `to`: null on a connected socket. */
  send(datagram: Buffer, to: DatagramPeer | null): void;
}

/** It is used once the socket is bound, and connected where it has one peer. `inside` null: not known. */
export function createSender(socket: Socket, inside: SocketInside | null, onUnsent: OnUnsent): DatagramSender {
  return inside === null ? new SocketSender(socket, onUnsent) : new HandleSender(inside, onUnsent);
}

const NOTHING = Buffer.alloc(0);

class HandleSender implements DatagramSender {
  readonly #handle: DatagramHandle;
  readonly #requests: SendRequestClass;
  readonly #onUnsent: OnUnsent;
  /** The one for the next that has to wait. */
  #request: SendRequest;
  /** Node wants a list, and does not look at it after the call. */
  readonly #list: Buffer[] = [NOTHING];
  /** In the order in which the system says what became of them; keeps their bytes. */
  readonly #waiting: Buffer[] = [];

  constructor({ handle, requests }: SocketInside, onUnsent: OnUnsent) {
    this.#handle = handle;
    this.#requests = requests;
    this.#onUnsent = onUnsent;
    this.#request = this.#createRequest();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  send(datagram: Buffer, to: DatagramPeer | null): void {
    const list = this.#list;
    list[0] = datagram;
    const result =
      to === null
        ? this.#handle.send(this.#request, list, 1, true)
        : this.#handle.send(this.#request, list, 1, to.port, to.address, true);
    list[0] = NOTHING;
    if (result > 0) return;
    if (result < 0) {
      process.nextTick(this.#onUnsent, systemError(result), datagram);
      return;
    }
    this.#waiting.push(datagram);
    this.#request = this.#createRequest();
  }

  #createRequest(): SendRequest {
    const request = new this.#requests();
    request.oncomplete = this.#onComplete;
    return request;
  }

  readonly #onComplete = (error: number): void => {
    const datagram = this.#waiting.shift() ?? NOTHING;
    if (error < 0) this.#onUnsent(systemError(error), datagram);
  };
}

class SocketSender implements DatagramSender {
  readonly #socket: Socket;
  readonly #onUnsent: OnUnsent;
  /** In the order in which the socket says what became of them. */
  readonly #waiting: Buffer[] = [];

  constructor(socket: Socket, onUnsent: OnUnsent) {
    this.#socket = socket;
    this.#onUnsent = onUnsent;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  send(datagram: Buffer, to: DatagramPeer | null): void {
    this.#waiting.push(datagram);
    if (to === null) this.#socket.send(datagram, this.#onSent);
    else this.#socket.send(datagram, to.port, to.address, this.#onSent);
  }

  /** One for all of them: what is sent costs no closure of ours. */
  readonly #onSent = (error: Error | null): void => {
    const datagram = this.#waiting.shift() ?? NOTHING;
    if (error !== null) this.#onUnsent(error, datagram);
  };
}

function systemError(errno: number): Error {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`send ${code}`), { code, errno, syscall: 'send' });
}
