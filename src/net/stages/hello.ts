/**
 * The stage of a listener that ends TLS: reads the client's hello, chooses by the name in it who answers, and hands the
 * connection on once the handshake is done. The name has to be known before TLS begins: an older session goes on without
 * TLS asking for it, and in TLS 1.3 the protocol is agreed on first.
 *
 * | state     | bytes                                            | FIN            | gone         | time is over    | secured | failed |
 * | --------- | ------------------------------------------------ | -------------- | ------------ | --------------- | ------- | ------ |
 * | reading   | more; → answering, → securing; passed on, → over | closed, → over | → over       | closed, → over  | –       | –      |
 * | securing  | the engine's                                     | the engine's   | the engine's | aborted, → over | → over  | → over |
 * | answering | thrown away                                      | closes         | → over       | closed          | –       | –      |
 * | over      | –                                                | –              | –            | –               | –       | –      |
 */
import { FAULTS } from '../../core/errors.ts';
import type { KeptMemory } from '../../core/kept-memory.ts';
import { MEMORY_REQUESTS, USE_REQUEST } from '../../core/shared/memory-table.ts';
import type { ClientHello } from '../client-hello.ts';
import { HelloReader } from '../hello-reader.ts';
import { KeptBytes } from '../kept-bytes.ts';
import { lingerClose } from '../lingering-close.ts';
import { NOBODY } from '../nobody.ts';
import type { NextStage, Stage, StageHandler } from '../stages.ts';
import { Timer } from '../timer-wheel.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { TlsFailure, TlsHandshake, TlsProfile } from '../tls.ts';
import type { AcceptedConnection, CloseReason, ConnectionHandler, HandshakeHandler, Transport } from '../transport.ts';
import type { Greeted, Greetings } from './greetings.ts';

/** Descriptions of alerts (RFC 8446 6). */
const DECODE_ERROR = 50;
const UNRECOGNIZED_NAME = 112;
const NO_APPLICATION_PROTOCOL = 120;
/** Spoken by those who check for whom a certificate may be issued, and by nobody else. */
export const CHALLENGE_PROTOCOL = 'acme-tls/1';

/** A client that has been answered has so long to read it. */
const LINGER_MS = 1000;
const LINGER_BYTES = 64 * 1024;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;

/** In a crowd a client has no more than this: otherwise few who say nothing would keep all others waiting. */
const HURRY_MS = 2000;

export interface HelloStageOptions {
  readonly transport: Pick<Transport, 'secure'>;
  readonly wheel: TimerWheel;
  readonly memory: KeptMemory;
  readonly greetings: Greetings;
  now(): number;
  /** From the beginning of the stage to the end of the handshake. */
  timeoutMs(): number;
  /** Whether connections that begin so are not opened here: they are handed on as they are, with all that was read. */
  passes(hello: ClientHello): boolean;
  /** With what a client is answered. Null: its name is none that there is. */
  choose(hello: ClientHello, connection: AcceptedConnection): TlsProfile | null;
  /** The same for one that offers `acme-tls/1` alone, which is shown a certificate and nothing more. Null: it is not expected. */
  challengeOf(hello: ClientHello): TlsProfile | null;
  /** The whole answer to a client that speaks plain HTTP. */
  plainAnswer(): string;
  /** The handshake of a client that has begun to speak is over; `failure` null: it is done. */
  ended(connection: AcceptedConnection, failure: TlsFailure | null): void;
}

export class HelloStage implements Stage {
  readonly #options: HelloStageOptions;

  constructor(options: HelloStageOptions) {
    this.#options = options;
  }

  begin(connection: AcceptedConnection, next: NextStage, gone: () => void): StageHandler {
    return new Greeting(connection, this.#options, next, gone);
  }
}

/** One client on its way into TLS. */
class Greeting extends Timer implements StageHandler, HandshakeHandler, Greeted {
  readonly #connection: AcceptedConnection;
  readonly #options: HelloStageOptions;
  readonly #next: NextStage;
  readonly #gone: () => void;
  /** What has come of the hello. */
  readonly #kept: KeptBytes;
  /** Null once it is of no more use. */
  #reader: HelloReader | null;
  /** From `securing` on the connection is the engine's. */
  #isGiven = false;
  #hasSpoken = false;
  /** When its time is over. */
  readonly #until: number;
  #handshake: TlsHandshake | null = null;
  /** It has seen all that there is to see once its handshake is done. */
  #isChallenge = false;
  /** Then this is left to be closed. */
  #parting: AcceptedConnection | null = null;
  #isOver = false;

  constructor(connection: AcceptedConnection, options: HelloStageOptions, next: NextStage, gone: () => void) {
    super();
    this.#connection = connection;
    this.#options = options;
    this.#next = next;
    this.#gone = gone;
    this.#kept = new KeptBytes(options.memory, USE_REQUEST);
    this.#reader = new HelloReader(this.#kept);
    const timeoutMs = options.timeoutMs();
    this.#until = options.now() + timeoutMs;
    options.wheel.arm(this, timeoutMs);
    options.greetings.enter(this);
  }

  hurry(): void {
    const options = this.#options;
    options.wheel.arm(this, Math.min(HURRY_MS, this.#until - options.now()));
  }

  // ——— reading

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#hasSpoken = true;
    switch (reader.take(buffer, start, end)) {
      case 'more':
        break;
      case 'not-tls':
        this.#refuseForeign(buffer[start]);
        break;
      case 'bad':
        this.#alert(DECODE_ERROR, 'bad-hello');
        break;
      case 'no-memory':
        this.#options.memory.count(MEMORY_REQUESTS);
        this.#end('other', FAULTS.memory.code);
        this.#connection.reset();
        break;
      case 'done':
        this.#greet(reader.hello as ClientHello, reader.held);
    }
  }

  onDrain(): void {}

  /** Nobody else would notice it: TLS does not read before the hello is whole. */
  onEnd(): void {
    this.#end('closed');
    this.#connection.close();
  }

  onClose({ kind }: CloseReason): void {
    this.#end(kind === 'reset' ? 'reset' : 'closed');
    this.#gone();
  }

  override onFault(): void {
    this.#end('other');
    this.abort();
  }

  override onTimeout(): void {
    this.#end('timeout');
    this.abort();
  }

  /** It is ours that it ends: nothing has failed. */
  abort(): void {
    this.#leave();
    if (this.#parting !== null) {
      this.#parting.close();
    } else if (this.#isGiven) {
      this.#handshake?.abort();
      this.#gone();
    } else {
      // Tells of its end by `onClose`.
      this.#connection.close();
    }
  }

  // ——— choosing

  #greet(hello: ClientHello, held: Buffer): void {
    const connection = this.#connection;
    connection.facts = { ...connection.facts, serverName: hello.serverName };
    const options = this.#options;
    if (options.passes(hello)) {
      this.#passOn(held);
      return;
    }
    this.#isChallenge = hello.alpn.length === 1 && hello.alpn[0] === CHALLENGE_PROTOCOL;
    const profile = this.#isChallenge ? options.challengeOf(hello) : options.choose(hello, connection);
    if (profile === null) {
      if (this.#isChallenge) this.#alert(NO_APPLICATION_PROTOCOL, 'alpn');
      else this.#alert(UNRECOGNIZED_NAME, 'unknown-name');
      return;
    }
    this.#reader = null;
    this.#isGiven = true;
    this.#handshake = this.#options.transport.secure(connection, held, profile, this);
    // From here on they are OpenSSL's.
    this.#kept.clear();
  }

  /** It takes no part in this TLS: not in challenges either, which are then for whoever ends it. */
  #passOn(held: Buffer): void {
    this.#leave();
    this.#next(held, 0, held.length);
  }

  onSecured(secured: AcceptedConnection): ConnectionHandler {
    this.#leave();
    // It lives as long as the connection in its place, and would keep all that the stages were about.
    this.#connection.handler = NOBODY;
    const { serverName } = this.#connection.facts;
    // A client may write a second hello with another name in it, after everything was chosen by the first.
    if (secured.facts.serverName !== serverName) secured.facts = { ...secured.facts, serverName };
    this.#options.ended(this.#connection, null);
    if (this.#isChallenge) return this.#part(secured);
    this.#next(null, 0, 0, secured);
    return secured.handler;
  }

  /** Of an authority; it closes by itself, mostly, and what it sends is thrown away. */
  #part(secured: AcceptedConnection): ConnectionHandler {
    this.#parting = secured;
    lingerClose(secured, this.#options.wheel, { maxBytes: LINGER_BYTES, ms: LINGER_MS }, () => this.#gone());
    return secured.handler;
  }

  onFailed(failure: TlsFailure): void {
    this.#end(failure.reason, failure.code);
    this.#gone();
  }

  // ——— refusing

  /** Whoever typed `http://` should see why nothing comes. */
  #refuseForeign(first: number): void {
    if (first >= CAPITAL_A && first <= CAPITAL_Z) this.#answer(this.#options.plainAnswer(), 'plain-http');
    else {
      this.#end('bad-hello');
      this.#connection.close();
    }
  }

  #alert(description: number, reason: TlsFailure['reason']): void {
    this.#answer(`\x15\x03\x03\x00\x02\x02${String.fromCharCode(description)}`, reason);
  }

  /** What the client still sends is read and thrown away, lest a reset take the answer from it. */
  #answer(text: string, reason: TlsFailure['reason']): void {
    this.#end(reason);
    this.#connection.write(text);
    lingerClose(this.#connection, this.#options.wheel, { maxBytes: LINGER_BYTES, ms: LINGER_MS }, () => this.#gone());
  }

  /** Tells of the end, once. Who has said nothing has failed at nothing: so do programs that look whether a port is open. */
  #end(reason: TlsFailure['reason'], code = ''): void {
    if (this.#leave() && this.#hasSpoken) this.#options.ended(this.#connection, { reason, code });
  }

  /** False: it is over already. */
  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.wheel.disarm(this);
    this.#options.greetings.leave(this);
    // What it holds may be 16 KiB, and the client may stay for a while yet to read its answer.
    this.#reader = null;
    this.#kept.clear();
    return true;
  }
}
