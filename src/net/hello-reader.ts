/**
 * Reads the ClientHello that a TLS client begins with, however its bytes are cut into reads and its message into
 * records. What it answers depends on the bytes alone, never on how they came; its work grows with the bytes, and
 * what it keeps is bounded. The bytes themselves are kept as they came: TLS will read them again. Mostly all of them come
 * in one read, and nothing is copied.
 */
import { parseClientHello } from './client-hello.ts';
import type { ClientHello } from './client-hello.ts';
import type { KeptBytes } from './kept-bytes.ts';

export type HelloVerdict =
  /** It is not whole yet. */
  | 'more'
  | 'done'
  /** The first byte is not that of a handshake. */
  | 'not-tls'
  /** It breaks a rule of the protocol, or is too long. */
  | 'bad'
  /** There is no memory left to keep it. */
  | 'no-memory';

/** A hello that ends later than this is refused. One of today has about 1,800, with a key for quantum computers. */
export const MOST_HELLO_BYTES = 16 * 1024;

const HANDSHAKE_RECORD = 22;
const RECORD_HEADER = 5;
const MOST_FRAGMENT = 16 * 1024;
const MAJOR_VERSION = 3;
const CLIENT_HELLO = 1;
const MESSAGE_HEADER = 4;

export class HelloReader {
  /** Once it is `done`. */
  hello: ClientHello | null = null;
  readonly #kept: KeptBytes;
  /** The read that is looked at, as long as nothing had to be kept. */
  #read: Buffer | null = null;
  /** All in front of this has been looked at. */
  #at = 0;
  /** Bytes left of the fragment of the record that `#at` is in; 0: a header comes next. */
  #fragmentLeft = 0;
  /** Bytes of the message that are there. */
  #gathered = 0;
  /** Bytes of the message that are wanted next: its header, then all of it. */
  #wanted = MESSAGE_HEADER;
  #isSized = false;

  /** `kept`: empty; it holds the bytes from now on, and is cleared by whoever gave it. */
  constructor(kept: KeptBytes) {
    this.#kept = kept;
  }

  /** All bytes so far, what came behind the hello included; they may be those of the last `take`, which are borrowed. */
  get held(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get #bytes(): Buffer {
    return this.#read ?? this.#kept.buffer;
  }

  get #length(): number {
    return this.#read?.length ?? this.#kept.end;
  }

  /** Takes more bytes, which are copied where the verdict is `more`. Nothing may be taken after another one. */
  take(buffer: Buffer, start: number, end: number): HelloVerdict {
    const isFirst = this.#kept.end === 0;
    if (isFirst) this.#read = buffer.subarray(start, end);
    else if (!this.#kept.append(buffer, start, end)) return 'no-memory';
    const verdict = this.#judge();
    if (!isFirst || verdict !== 'more') return verdict;
    this.#read = null;
    return this.#kept.append(buffer, start, end) ? 'more' : 'no-memory';
  }

  #judge(): HelloVerdict {
    const verdict = this.#advance();
    const endsAt = verdict === 'more' ? this.#length + 1 : this.#at;
    return (verdict === 'more' || verdict === 'done') && endsAt > MOST_HELLO_BYTES ? 'bad' : verdict;
  }

  #advance(): HelloVerdict {
    while (this.#at < this.#length) {
      const verdict = this.#fragmentLeft === 0 ? this.#readRecordHeader() : this.#readFragment();
      if (verdict !== null) return verdict;
    }
    return 'more';
  }

  /** Null: it is there, and good. */
  #readRecordHeader(): HelloVerdict | null {
    const [bytes, at, there] = [this.#bytes, this.#at, this.#length - this.#at];
    if (bytes[at] !== HANDSHAKE_RECORD) return at === 0 ? 'not-tls' : 'bad';
    if (there > 1 && bytes[at + 1] !== MAJOR_VERSION) return 'bad';
    if (there < RECORD_HEADER) return 'more';
    const size = fragmentSize(bytes, at);
    if (size === 0 || size > MOST_FRAGMENT) return 'bad';
    this.#at += RECORD_HEADER;
    this.#fragmentLeft = size;
    return null;
  }

  #readFragment(): HelloVerdict | null {
    const count = Math.min(this.#fragmentLeft, this.#length - this.#at, this.#wanted - this.#gathered);
    this.#at += count;
    this.#fragmentLeft -= count;
    this.#gathered += count;
    if (this.#gathered < this.#wanted) return null;
    if (!this.#isSized) {
      const header = this.#message();
      this.#isSized = true;
      this.#wanted += (header[1] << 16) | (header[2] << 8) | header[3];
      if (header[0] !== CLIENT_HELLO || this.#wanted > MOST_HELLO_BYTES) return 'bad';
      if (this.#gathered < this.#wanted) return null;
    }
    this.hello = parseClientHello(this.#message().subarray(MESSAGE_HEADER));
    return this.hello === null ? 'bad' : 'done';
  }

  /** What has been gathered of it. Where its records are is not kept: they may hold a byte each. */
  #message(): Buffer {
    const [bytes, length] = [this.#bytes, this.#gathered];
    if (length <= fragmentSize(bytes, 0)) return bytes.subarray(RECORD_HEADER, RECORD_HEADER + length);
    const message = Buffer.allocUnsafe(length);
    let filled = 0;
    let at = 0;
    while (filled < length) {
      const size = fragmentSize(bytes, at);
      at += RECORD_HEADER;
      filled += bytes.copy(message, filled, at, at + Math.min(size, length - filled));
      at += size;
    }
    return message;
  }
}

/** Of the record that begins here. */
function fragmentSize(bytes: Buffer, at: number): number {
  return (bytes[at + 3] << 8) | bytes[at + 4];
}
