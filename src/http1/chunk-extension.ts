/**
 * Chunk extensions (RFC 9112 7.1.1), checked and dropped: `name`, `name=token` or `name="quoted"`, more of
 * them after `;`. Reads byte by byte, so that where the input is cut makes no difference.
 */

const NAME_START = 0;
const NAME = 1;
const VALUE_START = 2;
const VALUE = 3;
const QUOTED = 4;
const QUOTED_PAIR = 5;
const AFTER_QUOTED = 6;

const CR = 0x0d;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[character.charCodeAt(0)] = 1;
}

export class ExtensionScanner {
  /** The CR behind the extensions has been read. */
  done = false;
  failed = false;
  #state = NAME_START;

  /** Begins behind the first `;`. */
  reset(): void {
    this.done = false;
    this.failed = false;
    this.#state = NAME_START;
  }

  /** Reads until the CR, the end of the input or a mistake, and returns the position behind what was read. */
  scan(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && !this.done && !this.failed) this.#step(buffer[at++]);
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case QUOTED:
        if (byte === QUOTE) this.#state = AFTER_QUOTED;
        else if (byte === BACKSLASH) this.#state = QUOTED_PAIR;
        else this.failed = !isQuotable(byte);
        return;
      case QUOTED_PAIR:
        this.#state = QUOTED;
        this.failed = !isQuotable(byte);
        return;
      case VALUE_START:
        if (byte === QUOTE) this.#state = QUOTED;
        else if (TOKEN[byte] === 1) this.#state = VALUE;
        else this.failed = true;
        return;
      case NAME_START:
        if (TOKEN[byte] === 1) this.#state = NAME;
        else this.failed = true;
        return;
      default:
        this.#stepOpen(byte);
    }
  }

  /** NAME, VALUE, AFTER_QUOTED: the extension may end here. */
  #stepOpen(byte: number): void {
    if (byte === CR) this.done = true;
    else if (byte === SEMICOLON) this.#state = NAME_START;
    else if (byte === EQUALS && this.#state === NAME) this.#state = VALUE_START;
    else if (TOKEN[byte] !== 1 || this.#state === AFTER_QUOTED) this.failed = true;
  }
}

/** RFC 9110 5.6.4: tab, blank, what can be seen, obs-text. Quote and backslash have been dealt with. */
function isQuotable(byte: number): boolean {
  return byte === 0x09 || (byte >= 0x20 && byte !== 0x7f);
}
