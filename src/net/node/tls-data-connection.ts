/** A TLS connection over public API alone, as {@link DataConnection} is a plain one. */
import { TlsConnection } from './tls-connection.ts';

export class TlsDataConnection extends TlsConnection {
  read(chunk: Buffer): void {
    this.noteRead();
    this.deliver(chunk, 0, chunk.length);
  }

  protected override deliverKept(): boolean {
    // Node keeps what comes during a pause, and tells the end behind it.
    return true;
  }

  protected override startReading(): void {
    this.tlsSocket?.resume();
    if (this.isEndHeld) setImmediate(deliverHeld, this);
  }

  protected override stopReading(): void {
    if (this.isConnected) this.tlsSocket?.pause();
  }

  protected override releaseBuffer(): void {
    // As with plain connections.
  }

  onDue(): void {
    this.deliverHeld();
  }
}

function deliverHeld(connection: TlsDataConnection): void {
  connection.onDue();
}
