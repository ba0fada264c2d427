/**
 * Reads the PROXY header in front of a connection, where its peer is one of those that may send one: then the address in
 * it counts as the peer, wherever that matters.
 *
 * | mode      | peer in `from`, with a header | without                    | peer outside `from` |
 * | --------- | ----------------------------- | -------------------------- | ------------------- |
 * | `require` | goes on                       | reset                      | reset at once       |
 * | `detect`  | goes on                       | goes on, as its own client | goes on, not read   |
 *
 * A header that breaks a rule, or is not whole in time, is reset in both. A connection that closes before its first byte
 * is the health check of a proxy in front.
 */
import type { KeptMemory } from '../../core/kept-memory.ts';
import { USE_REQUEST } from '../../core/shared/memory-table.ts';
import { KeptBytes } from '../kept-bytes.ts';
import { NOBODY } from '../nobody.ts';
import { MOST_HEADER_BYTES, readProxyHeader } from '../proxy-protocol/parse.ts';
import type { ProxyHeader, ProxyReading } from '../proxy-protocol/parse.ts';
import type { NextStage, Stage } from '../stages.ts';
import { Timer } from '../timer-wheel.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { AcceptedConnection, CloseReason, ConnectionHandler } from '../transport.ts';

export interface ProxyStageOptions {
  readonly mode: 'require' | 'detect';
  readonly wheel: TimerWheel;
  readonly memory: KeptMemory;
  /** Whether this peer may send a header. */
  isSender(address: string): boolean;
  /** How long a header may take, from the accept on. */
  timeoutMs(): number;
  /** A connection is reset because of its header. `rule`: why, in words. */
  refused(connection: AcceptedConnection, rule: string): void;
}

/** The address of a peer that the system knows nothing of any more. */
const GONE = '';

export class ProxyStage implements Stage {
  readonly #options: ProxyStageOptions;

  constructor(options: ProxyStageOptions) {
    this.#options = options;
  }

  begin(connection: AcceptedConnection, next: NextStage, gone: () => void): ConnectionHandler {
    const options = this.#options;
    const { remoteAddress } = connection;
    const isSender = options.isSender(remoteAddress);
    if (!isSender && options.mode === 'detect') {
      next(null);
      return NOBODY;
    }
    const reader = new ProxyReader(connection, options, next, gone);
    // Who has reset it by now has no address any more: HAProxy's checks do so.
    if (remoteAddress === GONE) reader.leave();
    else if (!isSender) reader.refuse('it comes from none of the listed networks');
    return reader;
  }
}

class ProxyReader extends Timer implements ConnectionHandler {
  readonly #connection: AcceptedConnection;
  readonly #options: ProxyStageOptions;
  readonly #next: NextStage;
  readonly #gone: () => void;
  /** What has come, where it did not come whole. */
  readonly #kept: KeptBytes;
  /** What it may still become. */
  #verdict: ProxyReading['verdict'] = 'open';

  constructor(connection: AcceptedConnection, options: ProxyStageOptions, next: NextStage, gone: () => void) {
    super();
    this.#connection = connection;
    this.#options = options;
    this.#next = next;
    this.#gone = gone;
    this.#kept = new KeptBytes(options.memory, USE_REQUEST);
    options.wheel.arm(this, options.timeoutMs());
  }

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    const kept = this.#kept;
    const before = kept.length;
    if (before === 0) {
      const reading = readProxyHeader(buffer, start, end);
      if (!this.#isUndecided(reading)) this.#decide(reading, buffer, start, end);
      else if (!kept.append(buffer, start, end)) this.refuse('there is no memory left to hold it');
      return;
    }
    // However much has come with it, no more than a header is copied.
    if (!kept.append(buffer, start, Math.min(end, start + MOST_HEADER_BYTES - before))) {
      this.refuse('there is no memory left to hold it');
      return;
    }
    const reading = readProxyHeader(kept.buffer, kept.start, kept.end);
    if (this.#isUndecided(reading)) return;
    if (reading.verdict !== 'none') this.#decide(reading, buffer, start - before, end);
    else this.#goOn(before, buffer, start, end);
  }

  #isUndecided({ verdict }: ProxyReading): boolean {
    this.#verdict = verdict;
    return verdict === 'open' || verdict === 'more';
  }

  /** `from`: where the header begins, or would begin if it had come whole. */
  #decide(reading: ProxyReading, buffer: Buffer, from: number, end: number): void {
    if (reading.verdict === 'bad') {
      this.refuse(reading.rule);
    } else if (reading.verdict === 'done') {
      this.#take(reading.header);
      this.#letGo();
      this.#next(buffer, from + reading.length, end);
    } else {
      this.#goOn(0, buffer, from, end);
    }
  }

  #take({ ends, fields }: ProxyHeader): void {
    if (ends === null) return;
    const { source, destination } = ends;
    const { tls } = fields;
    const { facts } = this.#connection;
    this.#connection.facts = {
      ...facts,
      scheme: tls === null ? facts.scheme : 'https',
      peer: source,
      localPort: destination.port,
      proxied: { destination, ...fields },
    };
  }

  /** Without a header: what has come is for the next stage, first `kept` bytes that are kept here. */
  #goOn(kept: number, buffer: Buffer | null, start: number, end: number): void {
    if (this.#options.mode === 'require') {
      this.refuse('it has no header');
      return;
    }
    const { buffer: bytes, start: from } = this.#kept;
    this.#letGo();
    this.#next(bytes, from, from + kept);
    if (buffer !== null) this.#connection.handler.onBytes(buffer, start, end);
  }

  /** `detect`: what has come may be anything, and nothing more will come. */
  get #mayGoOn(): boolean {
    return this.#options.mode === 'detect' && this.#verdict === 'open';
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.#kept.length === 0) {
      this.#connection.close();
    } else if (this.#mayGoOn) {
      this.#goOn(this.#kept.length, null, 0, 0);
      this.#connection.handler.onEnd();
    } else {
      this.refuse('it is cut off');
    }
  }

  override onTimeout(): void {
    if (this.#mayGoOn) this.#goOn(this.#kept.length, null, 0, 0);
    else this.refuse(this.#kept.length === 0 ? 'it has no header' : 'it is not whole in time');
  }

  onClose({ kind }: CloseReason): void {
    if (this.#kept.length > 0 && kind !== 'local') this.#options.refused(this.#connection, 'it is cut off');
    this.#letGo();
    this.#gone();
  }

  override onFault(): void {
    this.leave();
  }

  refuse(rule: string): void {
    this.leave();
    this.#options.refused(this.#connection, rule);
  }

  /** Without a word to anybody. */
  leave(): void {
    this.#letGo();
    this.#connection.reset();
  }

  #letGo(): void {
    this.#options.wheel.disarm(this);
    this.#kept.clear();
  }
}
