/**
 * Reads HTTP/1.1 messages for the ends of a test: what the data plane has written, which is well-formed. Not a parser
 * for anything that comes from elsewhere.
 */

/** A message as a test sees it. */
export interface Message {
  /** The request line or the status line. */
  readonly startLine: string;
  /** Names in lower case; values of the same name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Latin1 text, without the framing of chunks. */
  readonly body: string;
}

const END_OF_HEAD = '\r\n\r\n';

type Head = Omit<Message, 'body'>;

export class MessageReader {
  readonly #onMessage: (message: Message) => void;
  /** Whether the message of this head has no body, whatever its headers say. */
  readonly #isBodiless: (head: Head) => boolean;
  /** Whether a message without a length goes on to the end of the connection. */
  readonly #readsToEnd: boolean;
  #text = '';

  constructor(options: {
    readonly onMessage: (message: Message) => void;
    readonly isBodiless: (head: Head) => boolean;
    readonly readsToEnd: boolean;
  }) {
    this.#onMessage = options.onMessage;
    this.#isBodiless = options.isBodiless;
    this.#readsToEnd = options.readsToEnd;
  }

  /** Something of a message that is not whole has come. */
  get isWithin(): boolean {
    return this.#text !== '';
  }

  take(text: string): void {
    this.#text += text;
    while (this.#text !== '' && this.#takeOne(false));
  }

  /** The connection has ended: for a message that goes on to its end. */
  end(): void {
    if (this.#text !== '') this.#takeOne(true);
  }

  #takeOne(isEnd: boolean): boolean {
    const end = this.#text.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const head = readHead(this.#text.slice(0, end));
    const rest = this.#text.slice(end + END_OF_HEAD.length);
    const body = this.#bodyIn(head, rest, isEnd);
    if (body === null) return false;
    this.#text = rest.slice(body.taken);
    this.#onMessage({ ...head, body: body.text });
    return true;
  }

  #bodyIn(head: Head, rest: string, isEnd: boolean): Body | null {
    if (this.#isBodiless(head)) return { text: '', taken: 0 };
    if (head.headers['transfer-encoding'] !== undefined) return readChunks(rest);
    const length = head.headers['content-length'];
    if (length !== undefined) {
      return rest.length < Number(length) ? null : { text: rest.slice(0, Number(length)), taken: Number(length) };
    }
    if (!this.#readsToEnd) return { text: '', taken: 0 };
    return isEnd ? { text: rest, taken: rest.length } : null;
  }
}

interface Body {
  readonly text: string;
  /** Characters of the connection's text that it took. */
  readonly taken: number;
}

function readHead(text: string): Head {
  const [startLine, ...lines] = text.split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { startLine, headers };
}

/** Null: not whole. */
function readChunks(rest: string): Body | null {
  let text = '';
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(rest.slice(at, lineEnd), 16);
    const start = lineEnd + 2;
    if (size === 0) {
      const end = rest.startsWith('\r\n', start) ? start : rest.indexOf(END_OF_HEAD, start);
      if (end < 0) return null;
      return { text, taken: end + (end === start ? 2 : END_OF_HEAD.length) };
    }
    if (rest.length < start + size + 2) return null;
    text += rest.slice(start, start + size);
    at = start + size + 2;
  }
}
