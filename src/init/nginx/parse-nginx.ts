/** The text of an nginx config as a tree of directives. */
import { toLine, UnreadableInput } from '../statement.ts';
import type { Statement } from '../statement.ts';

export interface Directive extends Statement {
  readonly name: string;
  /** Without quotes and escapes. */
  readonly args: readonly string[];
  readonly children: readonly Directive[];
}

interface Token {
  /** `word` has a value; the others are their own sign. */
  readonly kind: 'word' | ';' | '{' | '}';
  readonly value: string;
  readonly line: number;
}

const DEEPEST = 100;
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

/** Throws `UnreadableInput` where braces, quotes or semicolons do not add up. */
export function parseNginx(text: string, file: string): readonly Directive[] {
  const tokens = new Tokens(text.replace(/^\ufeff/, ''), file);
  return readBlock(tokens, file, 0);
}

function readBlock(tokens: Tokens, file: string, depth: number): readonly Directive[] {
  const directives: Directive[] = [];
  for (let token = tokens.next(); token !== null; token = tokens.next()) {
    if (token.kind === '}') {
      if (depth > 0) return directives;
      throw new UnreadableInput(file, token.line, 'this } closes no block');
    }
    if (token.kind !== 'word')
      throw new UnreadableInput(file, token.line, `a directive is missing before ${token.kind}`);
    directives.push(readDirective(token, tokens, file, depth));
  }
  if (depth > 0) throw new UnreadableInput(file, tokens.line, 'a block is not closed: a } is missing');
  return directives;
}

function readDirective({ value: name, line }: Token, tokens: Tokens, file: string, depth: number): Directive {
  const args: string[] = [];
  for (let token = tokens.next(); token !== null; token = tokens.next()) {
    const directive = { file, line, name, args, text: toLine([name, ...args].join(' ')) };
    if (token.kind === 'word') args.push(token.value);
    else if (token.kind === ';') return { ...directive, children: [] };
    else if (token.kind === '}') break;
    else if (depth >= DEEPEST) throw new UnreadableInput(file, line, 'blocks are nested too deeply');
    else if (name.endsWith('_by_lua_block')) {
      tokens.skipCode();
      return { ...directive, children: [] };
    } else return { ...directive, children: readBlock(tokens, file, depth + 1) };
  }
  throw new UnreadableInput(file, line, `the directive ${toLine(name)} has no ; at its end`);
}

class Tokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  line = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** Null at the end. */
  next(): Token | null {
    this.#skipBlanks();
    const sign = this.#text[this.#at];
    if (sign === undefined) return null;
    const { line } = this;
    if (sign === ';' || sign === '{' || sign === '}') {
      this.#at++;
      return { kind: sign, value: sign, line };
    }
    const value = sign === '"' || sign === "'" ? this.#readQuoted(sign) : this.#readWord();
    return { kind: 'word', value, line };
  }

  /** Another language stands up to the brace that closes the one just read. */
  skipCode(): void {
    const { line } = this;
    for (let open = 1; open > 0; this.#at++) {
      const sign = this.#text[this.#at];
      if (sign === undefined) throw new UnreadableInput(this.#file, line, 'a block is not closed: a } is missing');
      if (sign === '\n') this.line++;
      if (sign === '{') open++;
      if (sign === '}') open--;
    }
  }

  #skipBlanks(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const sign = this.#text[this.#at];
      if (sign === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = (end < 0 ? this.#text.length : end) - 1;
      } else if (sign === '\n') this.line++;
      else if (!/\s/.test(sign)) return;
    }
  }

  #readQuoted(quote: string): string {
    const { line } = this;
    let value = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const sign = this.#text[this.#at];
      if (sign === quote) {
        this.#at++;
        return value;
      }
      value += this.#readSign(sign);
    }
    throw new UnreadableInput(this.#file, line, `a quotation mark ${quote} is not closed`);
  }

  /** A brace after a dollar sign belongs to a variable. */
  #readWord(): string {
    let value = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const sign = this.#text[this.#at];
      const isVariable = sign === '{' && value.endsWith('$');
      if (isVariable) {
        const end = this.#text.indexOf('}', this.#at);
        const name = end < 0 ? '' : this.#text.slice(this.#at, end + 1);
        if (!/^\{\w+\}$/.test(name))
          throw new UnreadableInput(this.#file, this.line, 'the variable after ${ has no name');
        value += name;
        this.#at = end;
      } else if (/[\s;{]/.test(sign)) break;
      else value += this.#readSign(sign);
    }
    return value;
  }

  #readSign(sign: string): string {
    if (sign === '\n') this.line++;
    if (sign !== '\\') return sign;
    const next = this.#text[this.#at + 1];
    if (next === undefined) return sign;
    this.#at++;
    if (next === '\n') this.line++;
    return ESCAPES[next] ?? `\\${next}`;
  }
}
