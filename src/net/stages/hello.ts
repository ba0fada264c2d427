/**
 * The stage of a listener that ends TLS: reads the client's hello, chooses by the name in it who answers, and hands the
 * connection on once the handshake is done. The name has to be known before TLS begins: an older session goes on without
 * TLS asking for it, and in TLS 1.3 the protocol is agreed on first.
 *
 * | state      | bytes                                 | FIN               | gone              | time is over    | secured | failed |
 * | ---------- | ------------------------------------- | ----------------- | ----------------- | --------------- | ------- | ------ |
 * | reading    | more, or → answering, or → securing   | closed, → over    | → over            | closed, → over  | –       | –      |
 * | securing   | the engine's                          | the engine's      | the engine's      | aborted, → over | → over  | → over |
 * | answering  | thrown away                           | closes            | → over            | closed          | –       | –      |
 * | over       | –                                     | –                 | –                 | –               | –       | –      |
 */
import type { ClientHello } from '../client-hello.ts';
import { HelloReader } from '../hello-reader.ts';
import { lingerClose } from '../lingering-close.ts';
import type { NextStage, Stage, StageHandler } from '../stages.ts';
import { Timer } from '../timer-wheel.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { TlsFailure, TlsHandshake, TlsProfile } from '../tls.ts';
import type { AcceptedConnection, CloseReason, ConnectionHandler, HandshakeHandler, Transport } from '../transport.ts';

/** Descriptions of alerts (RFC 8446 6). */
const DECODE_ERROR = 50;
const UNRECOGNIZED_NAME = 112;
const NO_APPLICATION_PROTOCOL = 120;
/** Spoken by those who check for whom a certificate may be issued, and by nobody else. */
const CHALLENGE_PROTOCOL = 'acme-tls/1';

/** A client that has been answered has so long to read it. */
const LINGER_MS = 1000;
const LINGER_BYTES = 64 * 1024;
/** A thread with so many takes no more connections for listeners with TLS, which then wait in the kernel … */
const MOST_GREETINGS = 1024;
/** … until there are no more than this: to stop accepting and to begin again takes its time. */
const ROOM_AGAIN = 768;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;

/** Clients of one thread that are on their way into TLS. */
export class Greetings {
  readonly #onCrowded: (isCrowded: boolean) => void;
  #count = 0;
  #isCrowded = false;

  /** `onCrowded`: there are too many of them, or there is room again. */
  constructor(onCrowded: (isCrowded: boolean) => void) {
    this.#onCrowded = onCrowded;
  }

  enter(): void {
    this.#count++;
    if (!this.#isCrowded && this.#count >= MOST_GREETINGS) this.#change(true);
  }

  leave(): void {
    this.#count--;
    if (this.#isCrowded && this.#count <= ROOM_AGAIN) this.#change(false);
  }

  #change(isCrowded: boolean): void {
    this.#isCrowded = isCrowded;
    this.#onCrowded(isCrowded);
  }
}

export interface HelloStageOptions {
  readonly transport: Pick<Transport, 'secure'>;
  readonly wheel: TimerWheel;
  readonly greetings: Greetings;
  /** From the beginning of the stage to the end of the handshake. */
  timeoutMs(): number;
  /** With what a client is answered. Null: its name is none that there is. */
  choose(hello: ClientHello, connection: AcceptedConnection): TlsProfile | null;
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
class Greeting extends Timer implements StageHandler, HandshakeHandler {
  readonly #connection: AcceptedConnection;
  readonly #options: HelloStageOptions;
  readonly #next: NextStage;
  readonly #gone: () => void;
  /** Null once it is of no more use. */
  #reader: HelloReader | null = new HelloReader();
  /** From `securing` on the connection is the engine's. */
  #isGiven = false;
  #handshake: TlsHandshake | null = null;
  #isOver = false;

  constructor(connection: AcceptedConnection, options: HelloStageOptions, next: NextStage, gone: () => void) {
    super();
    this.#connection = connection;
    this.#options = options;
    this.#next = next;
    this.#gone = gone;
    options.greetings.enter();
    options.wheel.arm(this, options.timeoutMs());
  }

  // ——— reading

  onConnect(): void {}

  onBytes(buffer: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    if (reader === null) return;
    switch (reader.take(buffer, start, end)) {
      case 'more':
        break;
      case 'not-tls':
        this.#refuseForeign(buffer[start]);
        break;
      case 'bad':
        this.#alert(DECODE_ERROR, 'bad-hello');
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
    if (this.#isGiven) {
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
    if (hello.alpn.length === 1 && hello.alpn[0] === CHALLENGE_PROTOCOL) {
      this.#alert(NO_APPLICATION_PROTOCOL, 'alpn');
      return;
    }
    const profile = this.#options.choose(hello, connection);
    if (profile === null) {
      this.#alert(UNRECOGNIZED_NAME, 'unknown-name');
      return;
    }
    this.#reader = null;
    connection.facts = { ...connection.facts, serverName: hello.serverName };
    this.#isGiven = true;
    this.#handshake = this.#options.transport.secure(connection, held, profile, this);
  }

  onSecured(secured: AcceptedConnection): ConnectionHandler {
    this.#leave();
    this.#options.ended(this.#connection, null);
    this.#next(null, 0, 0, secured);
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
    const hasSpoken = this.#reader === null || this.#reader.held.length > 0;
    if (this.#leave() && hasSpoken) this.#options.ended(this.#connection, { reason, code });
  }

  /** False: it is over already. */
  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.wheel.disarm(this);
    this.#options.greetings.leave();
    // What it holds may be 16 KiB, and the client may stay for a while yet to read its answer.
    this.#reader = null;
    return true;
  }
}
