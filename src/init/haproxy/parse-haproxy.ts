/** The text of a HAProxy config as sections of lines. */
import { toLine, UnreadableInput } from '../statement.ts';
import type { Statement } from '../statement.ts';

export interface Line extends Statement {
  /** The first word; `option httpchk` and `http-check send` are told apart by `args`. */
  readonly name: string;
  /** Without quotes and escapes. */
  readonly args: readonly string[];
  readonly children: readonly Line[];
}

const SECTIONS: ReadonlySet<string> = new Set([
  ...['global', 'defaults', 'frontend', 'backend', 'listen', 'resolvers', 'peers', 'userlist', 'mailers', 'cache'],
  ...['program', 'http-errors', 'ring', 'log-forward', 'fcgi-app', 'crt-store', 'traces', 'log-profile', 'acme'],
]);
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ ' ': ' ', '#': '#', '\\': '\\', '"': '"', "'": "'", $: '$' },
  ...{ n: '\n', r: '\r', t: '\t' },
};

/** Throws `UnreadableInput` where a quotation mark is open, or a line stands before the first section. */
export function parseHaproxy(text: string, file: string): readonly Line[] {
  const sections: { readonly head: Line; readonly lines: Line[] }[] = [];
  for (const [index, row] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = readLine(row, file, index + 1);
    if (line === null) continue;
    const section = sections.at(-1);
    if (SECTIONS.has(line.name)) sections.push({ head: line, lines: [] });
    else if (section !== undefined) section.lines.push(line);
    else throw new UnreadableInput(file, line.line, `no section has begun before ${toLine(line.name)}`);
  }
  return sections.map(({ head, lines }) => ({ ...head, children: lines }));
}

/** Null for a line without words. */
function readLine(row: string, file: string, line: number): Line | null {
  const words = readWords(row, file, line);
  const [name, ...args] = words;
  return name === undefined ? null : { file, line, name, args, text: toLine(words.join(' ')), children: [] };
}

/** Words as HAProxy reads them: quotes, escapes, and comments from `#` on. */
function readWords(row: string, file: string, line: number): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < row.length; at++) {
    const sign = row[at];
    if (quote === '' && /\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === '' && sign === '#') break;
    else if (quote === sign) quote = '';
    else if (quote === '' && (sign === '"' || sign === "'")) [quote, word] = [sign, word ?? ''];
    else if (sign === '\\' && quote !== "'") {
      const [value, length] = readEscape(row, at);
      word = (word ?? '') + value;
      at += length - 1;
    } else word = (word ?? '') + sign;
  }
  if (quote !== '') throw new UnreadableInput(file, line, `a quotation mark ${quote} is not closed`);
  if (word !== null) words.push(word);
  return words;
}

/** What stands for the escape, and how long it is. An unknown one stays, as in regular expressions. */
function readEscape(row: string, at: number): readonly [value: string, length: number] {
  const code = /^\\x([0-9A-Fa-f]{2})/.exec(row.slice(at, at + 4));
  if (code !== null) return [String.fromCharCode(Number.parseInt(code[1], 16)), 4];
  const next = row[at + 1];
  return next !== undefined && Object.hasOwn(ESCAPES, next) ? [ESCAPES[next], 2] : ['\\', 1];
}
