/** The two ends that a data plane stands between: a client that only listens, and an endpoint that follows a script. */
import type { InMemoryConnection, Remote } from './in-memory-connection.ts';
import { readPlainMessage } from './plain-messages.ts';
import type { PlainMessage } from './plain-messages.ts';

export class Client implements Remote {
  /** All that came back. */
  text = '';
  /** How the proxy ended the connection. */
  end: 'none' | 'end' | 'reset' = 'none';

  onText(text: string): void {
    this.text += text;
  }

  onEnd(): void {
    this.end = 'end';
  }

  onReset(): void {
    this.end = 'reset';
  }
}

/** What an endpoint does with what it gets. */
export interface EndpointScript {
  /** A head has come, its body perhaps not. */
  onHead(connection: EndpointConnection, head: string): void;
  onRequest(connection: EndpointConnection, message: PlainMessage): void;
}

export class EndpointConnection implements Remote {
  connection: InMemoryConnection | null = null;
  readonly port: number;
  readonly #script: EndpointScript;
  /** All that came. */
  text = '';
  /** Position of the bytes behind the handshake, once this is a tunnel; -1 before. */
  tunnelStart = -1;
  /** The proxy has ended it. */
  isEnded = false;
  /** It has closed its own side, and reads no more. */
  isClosing = false;
  #at = 0;
  #headAt = -1;

  constructor(port: number, script: EndpointScript) {
    this.port = port;
    this.#script = script;
  }

  onText(text: string): void {
    this.text += text;
    while (this.#at < this.text.length && this.tunnelStart < 0 && !this.isClosing) {
      const at = this.#at;
      const headEnd = this.text.indexOf('\r\n\r\n', at);
      if (headEnd < 0) return;
      if (this.#headAt < at) {
        this.#headAt = at;
        this.#script.onHead(this, this.text.slice(at, headEnd + 4));
      }
      const message = readPlainMessage(this.text, at, false, false);
      if (message === null) return;
      this.#at = message.end;
      this.#script.onRequest(this, message);
    }
  }

  onEnd(): void {
    this.isEnded = true;
    this.connection?.arriveEnd();
  }

  onReset(): void {
    this.isEnded = true;
  }

  /** From here on bytes are bytes. */
  becomeTunnel(): void {
    this.tunnelStart = this.#at;
  }

  send(parts: readonly Buffer[]): void {
    for (const part of parts) this.connection?.arrive(part);
  }

  close(): void {
    this.isClosing = true;
    this.connection?.arriveEnd();
  }

  reset(): void {
    this.isClosing = true;
    this.connection?.arriveReset();
  }
}

/** The bytes in parts that end at the cuts. */
export function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : cuts[index - 1], end));
}
