/** A JSON text as a tree of entries that know their lines. */
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node, Pair } from 'yaml';
import { UnreadableInput, toLine } from '../statement.ts';
import type { Statement } from '../statement.ts';

export interface JsonEntry extends Statement {
  /** The key as written, or the place in a list; `''` for the whole. */
  readonly key: string;
  readonly kind: 'map' | 'list' | 'value';
  /** Of a value; null of a map or a list. */
  readonly value: string | number | boolean | null;
  readonly children: readonly JsonEntry[];
}

const DEEPEST = 32;

/** Comments and trailing commas are fine. Throws `UnreadableInput`. */
export function parseJson(text: string, file: string): JsonEntry {
  const lines = new LineCounter();
  const document = parseDocument(stripComments(text.replace(/^\ufeff/, '')), {
    lineCounter: lines,
    schema: 'json',
    merge: false,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    refuseJson(text, file);
    const message = toLine(error.message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, ''));
    throw new UnreadableInput(file, lines.linePos(error.pos[0]).line, message);
  }
  const lineOf = (node: Node | null): number => lines.linePos(node?.range?.[0] ?? 0).line || 1;
  const { contents } = document;
  if (!isMap(contents) && !isSeq(contents)) throw new UnreadableInput(file, 1, 'this is neither a map nor a list');
  return toEntry('', contents, lineOf(contents), { file, lineOf, path: '', depth: 0 });
}

/** Says what is wrong in the words of JSON, where it is no JSON without comments and trailing commas either. */
function refuseJson(text: string, file: string): void {
  try {
    JSON.parse(stripComments(text.replace(/^\ufeff/, '')).replace(/,(\s*[}\]])/g, ' $1'));
  } catch (error) {
    const found = /^(.*?) in JSON at position \d+ \(line (\d+) column \d+\)$/s.exec(
      error instanceof Error ? error.message : '',
    );
    if (found !== null) throw new UnreadableInput(file, Number(found[2]), toLine(found[1]));
  }
}

interface Around {
  readonly file: string;
  readonly path: string;
  readonly depth: number;
  readonly lineOf: (node: Node | null) => number;
}

function toEntry(key: string, node: Node | null, line: number, around: Around): JsonEntry {
  const { file, lineOf, depth } = around;
  if (depth > DEEPEST) throw new UnreadableInput(file, line, 'it is nested too deeply');
  const inner = (name: string): Around => ({ ...around, depth: depth + 1, path: joinPath(around.path, name) });
  const path = around.path === '' ? 'the whole' : around.path;
  if (isMap(node)) {
    const children = (node.items as Pair<Node, Node | null>[]).map((pair) => {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      return toEntry(name, pair.value, lineOf(pair.key), inner(name));
    });
    return { file, line, key, kind: 'map', value: null, children, text: toLine(path) };
  }
  if (isSeq(node)) {
    const children = (node.items as (Node | null)[]).map((item, index) => {
      return toEntry(String(index), item, lineOf(item), inner(`[${index}]`));
    });
    return { file, line, key, kind: 'list', value: null, children, text: toLine(path) };
  }
  const value = isScalar(node) ? toPlain(node.value) : null;
  return { file, line, key, kind: 'value', value, children: [], text: toLine(`${path}: ${shown(key, value)}`) };
}

/** What stands in a list is read by others: no passwords. */
function shown(key: string, value: JsonEntry['value']): string {
  if (/auth|pass|secret|token/i.test(key) && typeof value === 'string' && !key.startsWith('/')) return '…';
  return JSON.stringify(value).replace(/\/\/[^/@"]*@/, '//…@');
}

function toPlain(value: unknown): JsonEntry['value'] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function joinPath(path: string, name: string): string {
  return path === '' || name.startsWith('[') ? path + name : `${path}.${name}`;
}

/** Blanks in place of `//` and block comments outside of text: the YAML parser has other ones. */
function stripComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[^]*?\*\//g, (part) =>
    part.startsWith('"') ? part : part.replace(/[^\n]/g, ' '),
  );
}

/** The entry of this key in a map. */
export function findEntry({ children }: JsonEntry, key: string): JsonEntry | null {
  return children.find((child) => child.key === key) ?? null;
}
