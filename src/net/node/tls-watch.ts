/**
 * Ends TLS connections whose peer sends and never says anything. Records that only change keys (RFC 8446 4.6.3), or ask
 * for another handshake, are answered by OpenSSL before anybody here hears of them: to a peer that does not read, the
 * answers would wait in memory that nobody counts and no timer ends. Nothing tells when such a record has come, so the
 * connections of the thread are looked at now and then.
 */

/** So much ciphertext may come without a byte of cleartext: more than Node reads ahead for a handler that has paused. */
export const MOST_SILENT_BYTES = 256 * 1024;
/** What comes meanwhile is bounded by how fast OpenSSL reads. */
const LOOK_MS = 1000;

export interface WatchedTls {
  /** Ciphertext that has come since the last cleartext. */
  readonly silentBytes: number;
  /** It has sent too much of it. */
  endSilent(): void;
}

class TlsWatch {
  readonly #all = new Set<WatchedTls>();
  #timer: NodeJS.Timeout | null = null;

  add(connection: WatchedTls): void {
    this.#all.add(connection);
    this.#lookLater();
  }

  delete(connection: WatchedTls): void {
    this.#all.delete(connection);
  }

  #lookLater(): void {
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    this.#timer = null;
    for (const connection of this.#all) if (connection.silentBytes > MOST_SILENT_BYTES) connection.endSilent();
    if (this.#all.size > 0) this.#lookLater();
  }
}

/** Of this thread. */
export const tlsWatch = new TlsWatch();
