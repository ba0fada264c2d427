/** Object and list literals of a JavaScript or TypeScript text, with the place of each key and value. */

export interface Literal {
  /**
   * The place of the key; for an item of a list, and for a literal that is not a value of another, of the literal
   * itself.
   */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** -1 until it has begun. */
  start: number;
  end: number;
  isContainer: boolean;
  readonly children: Map<string | number, Literal>;
}

interface Frame {
  readonly open: string;
  readonly literal: Literal;
  /** `{`: a key may come next. */
  wantsKey: boolean;
  /** `[`: the place of the item. */
  index: number;
  /** The value that is being read. */
  value: Literal | null;
}

/** The tokens: comments (which are skipped), strings, names and numbers, and single characters. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\s+|(["'])(?:\\[\s\S]|(?!\1)[^\\\n])*\1|`(?:\\[\s\S]|[^\\`])*`|[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|[\s\S]/uy;
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** The literals that are not a value of another, in the order of the text. */
export function readLiterals(text: string): readonly Literal[] {
  const reader = new LiteralReader(text);
  return reader.read();
}

class LiteralReader {
  readonly #text: string;
  readonly #roots: Literal[] = [];
  readonly #frames: Frame[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): readonly Literal[] {
    TOKEN.lastIndex = 0;
    for (let at = 0; at < this.#text.length; at = TOKEN.lastIndex) {
      const token = TOKEN.exec(this.#text)?.[0];
      if (token === undefined) break;
      if (!/^(?:\s|\/[/*])/.test(token)) this.#take(token, at);
    }
    return this.#roots;
  }

  #take(token: string, at: number): void {
    if (token === '{' || token === '[' || token === '(') {
      this.#open(token, at);
    } else if (token in CLOSING) {
      this.#close(CLOSING[token], at + 1);
    } else {
      const frame = this.#frames.at(-1);
      if (frame !== undefined) this.#takeInside(frame, token, at);
    }
  }

  #open(token: string, at: number): void {
    const frame = this.#frames.at(-1);
    const begun = frame === undefined ? null : this.#begin(frame, at);
    const literal = begun ?? {
      keyStart: at,
      keyEnd: at + 1,
      start: at,
      end: at + 1,
      isContainer: true,
      children: new Map(),
    };
    if (token !== '(') literal.isContainer = true;
    if (begun === null && token === '{') this.#roots.push(literal);
    this.#frames.push({ open: token, literal, wantsKey: token === '{', index: 0, value: null });
  }

  /** The literal of the value that begins here; null where none does. */
  #begin(frame: Frame, at: number): Literal | null {
    if (frame.open === '[' && frame.value === null) {
      frame.value = { keyStart: at, keyEnd: at + 1, start: at, end: at + 1, isContainer: false, children: new Map() };
      frame.literal.children.set(frame.index, frame.value);
      return frame.value;
    }
    const { value } = frame;
    if (frame.open !== '{' || value?.start !== -1) return null;
    value.start = at;
    value.end = at + 1;
    return value;
  }

  #close(open: string, end: number): void {
    const index = this.#frames.findLastIndex((frame) => frame.open === open);
    if (index < 0) return;
    this.#frames.splice(index);
    const value = this.#frames.at(-1)?.value;
    if (value !== null && value !== undefined) value.end = end;
  }

  #takeInside(frame: Frame, token: string, at: number): void {
    if (token === ',') {
      frame.wantsKey = frame.open === '{';
      frame.index++;
      frame.value = null;
    } else if (frame.wantsKey) {
      this.#takeKey(frame, token, at);
    } else if (token !== ':' || frame.value?.start !== -1) {
      this.#begin(frame, at);
      if (frame.value !== null) frame.value.end = at + token.length;
    }
  }

  /** A name or text with a colon behind it, or a name alone, which stands for its own value. */
  #takeKey(frame: Frame, token: string, at: number): void {
    frame.wantsKey = false;
    const keyEnd = at + token.length;
    const next = /^\s*([:,}])/.exec(this.#text.slice(keyEnd, keyEnd + 200))?.[1];
    if (next === undefined || !/^["'\p{ID_Start}$_\d]/u.test(token)) return;
    const name = /^["']/.test(token) ? token.slice(1, -1) : token;
    const start = next === ':' ? -1 : at;
    frame.value = { keyStart: at, keyEnd, start, end: keyEnd, isContainer: false, children: new Map() };
    frame.literal.children.set(name, frame.value);
  }
}
