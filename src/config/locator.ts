/** The place of a value in the text. */
import {
  type Document,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
} from 'yaml';
import { type Problem, formatKey } from './errors.ts';

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Number of characters that are meant. */
  readonly length: number;
  /** The key as a path, as far as the text has it. */
  readonly key: string;
}

/** Finds the place of a value in the text. */
export class Locator {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  /** The pairs of each map that was looked into, by key: there may be as many mistakes as keys. */
  readonly #pairs = new Map<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /**
   * Follows a path in the words of the long forms through a text that may use the short ones: a segment that
   * the text does not have at that level is left out, unless it is a key missing from a map, which is shown.
   */
  locate(problem: Problem): Place {
    let node: unknown = this.#document.contents;
    let marked: unknown = node;
    let offset = startOf(node);
    const shown: (string | number)[] = [];
    for (const [i, segment] of problem.path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document);
      if (isSeq(node) && typeof segment === 'number') {
        node = node.items[segment];
        marked = node;
        offset = startOf(node) || offset;
        shown.push(segment);
      } else if (isMap(node) && typeof segment === 'string') {
        shown.push(segment);
        const pair = this.#findPair(node, segment);
        if (pair === undefined) break;
        const isKeyWanted = problem.atKey === true && i === problem.path.length - 1;
        node = pair.value;
        // A map or list, and a value that is not there, are best shown at their key.
        const isScalarValue = isScalar(node) && node.value !== null;
        marked = isScalarValue && !isKeyWanted ? node : pair.key;
        offset = startOf(marked) || offset;
      }
    }
    return { ...linePosition(this.#lines, offset), length: lengthOf(marked), key: formatKey(shown) };
  }

  #findPair(map: YAMLMap, key: string): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map(map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])));
      this.#pairs.set(map, pairs);
    }
    return pairs.get(key);
  }
}

/** Offset of a node in the text, 0 where it has none. */
export function startOf(node: unknown): number {
  if (isPair(node)) return startOf(node.key);
  return isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0;
}

/** The length of a scalar in the text; a map or list is marked by its first character. */
export function lengthOf(node: unknown): number {
  if (!isScalar(node) || node.range === undefined || node.range === null) return 1;
  return Math.max(1, node.range[1] - node.range[0]);
}

export function linePosition(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
