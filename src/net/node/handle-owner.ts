/**
 * Whoever owns a handle of Node: it reads for this one, tells it when it has closed, and knows its addresses.
 *
 * Functions that a handle and its requests call are shared, and find their owner: a handle stays until all memory is
 * looked through for garbage, and what hangs on it would be copied by every smaller collection before.
 */
import net from 'node:net';
import { handleParts, streamOver } from './handle-internals.ts';
import type { HandleAddress, HandleParts, SocketHandle } from './handle-types.ts';
import type { NextLanding } from './node-internals.ts';

/** A connection, as the events of its socket concern it. */
export interface HandleListener {
  onConnect(): void;
  /** A read of `count` bytes has landed. False: stop reading. */
  read(count: number): boolean;
  onEnd(): void;
  onError(error: Error): void;
  onClose(): void;
  /** True: the socket lives on. */
  onWriteFailed(error: Error): boolean;
}

/** Nobody makes an owner on another Node. */
export const parts = handleParts as HandleParts;

/** Node looks here whether the end has been told, and `forgetReadError` for an error. */
const NEVER_TOLD = { endEmitted: false, errored: null };

export abstract class HandleOwner {
  readonly _readableState = NEVER_TOLD;
  /** Null: closed, or given away. */
  _handle: SocketHandle | null;
  connecting = false;
  /** Set by the connection of this socket, as soon as there is one. */
  listener!: HandleListener;
  #remote: HandleAddress | null = null;
  #local: HandleAddress | null = null;

  /** Takes over a handle that does not read. `next` returns where the read after the next one lands. */
  constructor(handle: SocketHandle, landing: Uint8Array, next: NextLanding) {
    this._handle = handle;
    const fields = this as unknown as Record<symbol, unknown>;
    fields[parts.keys.buffer] = landing;
    fields[parts.keys.generator] = next;
    setOwner(handle, this);
    handle.onread = parts.onread;
    handle.useUserBuffer(landing);
  }

  get destroyed(): boolean {
    return this._handle === null;
  }

  resetAndDestroy(): void {
    const handle = this.letGo();
    if (handle === null) return;
    if (handle.reset === undefined) handle.close(onClosed);
    else handle.reset(onClosed);
  }

  /** The same socket as a stream, which does not read yet. The listener hears nothing of this one any more. */
  giveAway(): net.Socket {
    const handle = this.letGo();
    return handle === null ? new net.Socket().destroy() : streamOver(handle);
  }

  /** Returns the handle, which nobody owns from now on. */
  protected letGo(): SocketHandle | null {
    const handle = this._handle;
    this._handle = null;
    this.connecting = false;
    if (handle !== null) handle.onread = nothing;
    return handle;
  }

  protected close(): void {
    this.letGo()?.close(onClosed);
  }

  get remoteAddress(): string | undefined {
    return this.#remoteName?.address;
  }

  get remotePort(): number | undefined {
    return this.#remoteName?.port;
  }

  get localAddress(): string | undefined {
    return this.#localName?.address;
  }

  get localPort(): number | undefined {
    return this.#localName?.port;
  }

  get #remoteName(): HandleAddress | null {
    if (this.#remote !== null || this.connecting) return this.#remote;
    const name: HandleAddress = {};
    if (this._handle?.getpeername?.(name) === 0) this.#remote = name;
    return this.#remote;
  }

  get #localName(): HandleAddress | null {
    if (this.#local !== null || this.connecting) return this.#local;
    const name: HandleAddress = {};
    if (this._handle?.getsockname?.(name) === 0) this.#local = name;
    return this.#local;
  }
}

if (handleParts !== null)
  Object.assign(HandleOwner.prototype, { [parts.keys.callback]: onRead, [parts.keys.updateTimer]: nothing });

function setOwner(handle: SocketHandle, owner: HandleOwner | null): void {
  (handle as unknown as Record<symbol, HandleOwner | null>)[parts.keys.owner] = owner;
}

function onRead(this: HandleOwner, count: number): boolean {
  return this.listener.read(count);
}

function onClosed(this: SocketHandle): void {
  const { [parts.keys.owner]: owner } = this as unknown as Record<symbol, HandleOwner | null>;
  setOwner(this, null);
  owner?.listener.onClose();
}

function nothing(): void {}
