/** What the lines of a YAML text say before anybody can parse it. */

/** A key that a line can stand beside. */
export interface Level {
  /** From 0. */
  readonly column: number;
  readonly key: string;
}

/** Where a line can begin. */
export interface OpenLevels {
  /** The outermost first. */
  readonly beside: readonly Level[];
  /** The last key has no value yet: a line further in than this column is that. Null: it has one. */
  readonly below: number | null;
}

const LINE = /^( *)((?:- +)*)(?:([\w$."'-]+):(?:\s+(.*))?$)?/;

/** What is open behind a text. */
export function openLevels(before: string): OpenLevels {
  const beside: Level[] = [];
  let below: number | null = null;
  for (const line of before.split('\n')) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, indent = '', dashes = '', key, value = ''] = LINE.exec(line) ?? [];
    while (beside.length > 0 && beside[beside.length - 1].column >= indent.length) beside.pop();
    if (dashes !== '') beside.push({ column: indent.length, key: '-' });
    const column = indent.length + dashes.length;
    if (key !== undefined) beside.push({ column, key });
    below = key !== undefined && /^(?:#|$)/.test(value) ? column : null;
  }
  return { beside, below };
}

const CLOSING: Readonly<Record<string, string>> = { ']': '[', '}': '{' };

/** Where the last bracket stands that nothing closes; null: there is none. Quotes and comments hold none. */
export function unclosedBracket(text: string): number | null {
  const open: number[] = [];
  const signs = /"(?:[^"\\\n]|\\.)*"|(?<![\w)])'(?:[^'\n]|'')*'|(?:^|\s)#.*|[[\]{}]/gm;
  for (const { 0: sign, index } of text.matchAll(signs)) {
    if (sign === '[' || sign === '{') open.push(index);
    else if (CLOSING[sign] !== undefined && text[open[open.length - 1]] === CLOSING[sign]) open.pop();
  }
  return open.at(-1) ?? null;
}

/** A line of a text, by offsets. */
export interface TextLine {
  readonly start: number;
  readonly end: number;
  readonly line: string;
}

/** The line of an offset; at its very end, where something is missing from the next one, that. */
export function lineAt(text: string, offset: number): TextLine {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const feed = text.indexOf('\n', offset);
  const end = feed < 0 ? text.length : feed;
  return { start, end, line: text.slice(start, end) };
}

/** The next line that says something; null: there is none. */
export function nextLine(text: string, end: number): TextLine | null {
  const found = /\n(?: *(?:#.*)?\n)*(?=.*\S)/.exec(text.slice(end));
  return found === null ? null : lineAt(text, end + found[0].length + found.index);
}

export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
