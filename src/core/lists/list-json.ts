/** Addresses in JSON: every text that is one as a whole, wherever it stands. */
import type { ListEntries } from './list-reader.ts';

/** Which texts of JSON count. */
export interface ListFilter {
  /** Values that fields of an object round it must have, `*` in them for any text; null: no matter. */
  readonly where: Readonly<Record<string, readonly string[]>> | null;
  /** Names of fields that it stands under, directly or further up; empty: no matter. */
  readonly keys: readonly string[];
}

/** Deeper values are not looked at: nobody publishes addresses there, and a text of brackets must not fill the stack. */
const DEEPEST = 64;

/** The pieces between its `*`. */
type Pattern = readonly string[];

interface Condition {
  readonly field: string;
  readonly values: readonly Pattern[];
}

interface Place {
  readonly isUnderKey: boolean;
  /** Of each condition: whether the nearest object that has its field meets it; false, too, where none has it. */
  readonly met: readonly boolean[];
  readonly line: number;
  readonly depth: number;
}

/** Reads one value, or a value a line. What is no JSON is refused. */
export function readJson(text: string, filter: ListFilter, list: ListEntries): void {
  const walk = new JsonWalk(filter, list);
  try {
    walk.begin(JSON.parse(text), 0);
    return;
  } catch {
    // Perhaps a value a line.
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      walk.begin(JSON.parse(line), index + 1);
    } catch {
      list.refuse(index + 1, 'it begins as JSON, and this line is none', 'Look whether the file is whole.');
      return;
    }
  }
}

class JsonWalk {
  readonly #keys: ReadonlySet<string>;
  readonly #conditions: readonly Condition[];
  readonly #list: ListEntries;

  constructor({ where, keys }: ListFilter, list: ListEntries) {
    this.#keys = new Set(keys);
    this.#conditions = Object.entries(where ?? {}).map(([field, values]) => {
      return { field, values: values.map((value) => value.split('*')) };
    });
    this.#list = list;
  }

  begin(value: unknown, line: number): void {
    this.#visit(value, { isUnderKey: this.#keys.size === 0, met: this.#conditions.map(() => false), line, depth: 0 });
  }

  #visit(value: unknown, place: Place): void {
    if (typeof value === 'string') {
      if (place.isUnderKey && !place.met.includes(false)) this.#list.add(value, place.line);
      return;
    }
    if (typeof value !== 'object' || value === null || place.depth === DEEPEST) return;
    const inner = { ...place, depth: place.depth + 1 };
    if (Array.isArray(value)) {
      for (const item of value) this.#visit(item, inner);
      return;
    }
    const fields = value as Readonly<Record<string, unknown>>;
    inner.met = this.#conditions.map(({ field, values }, at) =>
      Object.hasOwn(fields, field) ? values.some((pattern) => matches(pattern, fields[field])) : place.met[at],
    );
    for (const [name, item] of Object.entries(fields)) {
      this.#visit(item, this.#keys.has(name) ? { ...inner, isUnderKey: true } : inner);
    }
  }
}

function matches(pattern: Pattern, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => matches(pattern, each));
  if (!['string', 'number', 'boolean'].includes(typeof value)) return false;
  return fits(pattern, String(value));
}

/** `*` stands for any text, however long. Linear: each piece is looked for once, behind the one before. */
function fits([head, ...others]: Pattern, text: string): boolean {
  const tail = others.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let at = head.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - tail.length;
}
