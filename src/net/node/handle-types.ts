/** Handles of libuv, as Node gives them to its own sockets. */
import type { CONNECTION } from './handle-internals.ts';

/** Who made a request, as what it says of its end concerns them; 0, or a negative number of the system. */
export interface Requester {
  connected(status: number): void;
  written(bytes: number, status: number): void;
  finished(status: number): void;
}

/** Belongs to libuv until `oncomplete` is called. */
export interface HandleRequest {
  oncomplete?: (this: HandleRequest, status: number) => void;
  socket?: Requester;
  /** Of a write: how many there are, and what is being written, so that it stays. */
  bytes?: number;
  data?: unknown;
}

export interface WriteRequest extends HandleRequest {
  /** A number: it was over before `oncomplete` was there. */
  readonly writeStatus?: number | null;
}

/** Of a connection. Calls return 0, or a negative number of the system. */
export interface SocketHandle {
  /** Kept by Node's `onread`, which stops reading. */
  reading?: boolean;
  onread: unknown;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  /** Writes return a request where something has yet to leave. */
  writeLatin1String(request: null, text: string): number | WriteRequest;
  writeBuffer(request: null, bytes: Uint8Array): number | WriteRequest;
  /** Texts are followed by their encoding, bytes by `buffer`. */
  writev(request: null, parts: readonly unknown[], areBuffers: false): number | WriteRequest;
  /** 1: it was done at once. */
  shutdown(request: HandleRequest): number;
  /** Of a unix socket: without a port, and it may return nothing. */
  connect(request: HandleRequest, address: string, port?: number): number | undefined;
  connect6?(request: HandleRequest, address: string, port: number): number;
  close(onClosed: OnHandleClosed): void;
  /** Only TCP has these. */
  reset?(onClosed: OnHandleClosed): number;
  setNoDelay?(isOn: boolean): number;
  getpeername?(out: HandleAddress): number;
  getsockname?(out: HandleAddress): number;
}

export type OnHandleClosed = (this: SocketHandle) => void;

export interface HandleAddress {
  address?: string;
  port?: number;
}

/** Keys of what Node's `onread` looks for at the owner of a handle. */
export interface OwnerKeys {
  /** Of the handle: who owns it. */
  readonly owner: symbol;
  readonly updateTimer: symbol;
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/** What a connect is made with. */
export interface DialParts {
  readonly Handle: new (kind: typeof CONNECTION) => SocketHandle;
  readonly Request: new () => HandleRequest;
}

export interface HandleParts {
  readonly keys: OwnerKeys;
  /** Reads for the owner. */
  readonly onread: unknown;
  readonly ShutdownRequest: new () => HandleRequest;
  readonly tcp: DialParts;
  readonly unix: DialParts;
}
