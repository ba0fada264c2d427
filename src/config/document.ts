/** Text into plain values, with the place of each: YAML 1.2 or JSON, both read by the library `yaml`. */
import { isIPv6 } from 'node:net';
import { type Document, LineCounter, type Scalar, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { type Environment, hasReference, readScalar, substitute } from './environment.ts';
import { Mistake, type Problem, formatKey } from './errors.ts';
import { Locator, type Place, lengthOf, linePosition, startOf } from './locator.ts';
import { describeValue } from './units.ts';
import { describeAlias, describeSyntax, findLookAlikes } from './yaml-mistakes.ts';

export interface PlacedMistake extends Place {
  readonly mistake: Mistake;
  /** The file it is in, where that is another than the one that was read. */
  readonly elsewhere?: { readonly file: string; readonly text: string };
}

export interface SourceDocument {
  readonly value: unknown;
  /**
   * The same with every value that is in quotes and is nothing but a reference (`"${PORT}"`) read as if it were not,
   * for where a number is wanted (in JSON all text is in quotes); null where there is none.
   */
  readonly unquoted: unknown;
  /** References without a value. Their text is still in the value, so that the rest of it can be checked. */
  readonly unresolved: readonly PlacedMistake[];
  locate(problem: Problem): Place;
}

/** Larger texts are no configs. */
const MAX_CHARACTERS = 16 * 2 ** 20;
/** How often one anchor may be written out; without a bound a few lines become billions of values. */
const MAX_ALIASES = 10_000;
/** Nobody reads more mistakes at a time. */
const MOST_SYNTAX_MISTAKES = 100;
/** Characters that a text must not contain (YAML 1.2, 5.1), apart from the byte order mark. */
const NOT_PRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/;

const QUOTE_REFERENCE = {
  cure: 'Put the text with ${…} in quotes: within [ ] and { } its braces mean something to YAML.',
};

/** Never throws: what cannot be read is a list of mistakes, each with its place. */
export function readDocument(
  text: string,
  isJson: boolean,
  env: Environment,
): SourceDocument | readonly PlacedMistake[] {
  const lines = new LineCounter();
  const refused = refuseText(text) ?? (isJson ? refuseJson(text) : null);
  if (refused !== null) {
    fillLines(lines, text);
    return [{ ...linePosition(lines, refused.offset), length: 1, key: '', mistake: refused.mistake }];
  }
  try {
    // Duplicate keys are found here: the library compares every key of a map with every other.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    const mistakes = [...lookAlikes(lines, text), ...syntaxMistakes(document, lines, text)];
    const brokenAt = document.errors.map(({ pos }) => linePosition(lines, pos[0]));
    const broken = new Set([...mistakes, ...brokenAt].map(({ line }) => line));
    const badKeys = findBadKeys(document.contents, lines).filter(({ line }) => !broken.has(line));
    if (mistakes.length + badKeys.length > 0) return [...mistakes, ...badKeys];
    const aliases = replaceAliases(document, lines);
    const { unresolved: references, quoted } = replaceReferences(document, lines, env);
    const unresolved = [...aliases, ...references];
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const locator = new Locator(document, lines);
    const unquoted = readUnquoted(document, quoted);
    return { value, unquoted, unresolved, locate: (problem) => locator.locate(problem) };
  } catch (error) {
    return [{ ...linePosition(lines, 0), length: 1, key: '', mistake: describeThrown(error) }];
  }
}

/** Aliases without an anchor, which stay as text. */
function replaceAliases(document: Document.Parsed, lines: LineCounter): readonly PlacedMistake[] {
  const found: PlacedMistake[] = [];
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) !== undefined) return undefined;
      const place = linePosition(lines, startOf(node));
      found.push({ ...place, length: 1 + node.source.length, key: '', mistake: describeAlias(node.source) });
      const text = document.createNode(`*${node.source}`);
      text.range = node.range ?? null;
      return text;
    },
  });
  return found;
}

function lookAlikes(lines: LineCounter, text: string): readonly PlacedMistake[] {
  return findLookAlikes(text).map(({ offset, length, mistake }) => {
    return { ...linePosition(lines, offset), length, key: '', mistake };
  });
}

/** Replaces them in the document itself, but not in keys. */
function replaceReferences(
  document: Document.Parsed,
  lines: LineCounter,
  env: Environment,
): { readonly unresolved: readonly PlacedMistake[]; readonly quoted: readonly Scalar[] } {
  const unresolved: PlacedMistake[] = [];
  const quoted: Scalar[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !hasReference(node.value)) return;
      const text = substitute(node.value, env);
      if (text instanceof Mistake) {
        unresolved.push({ ...linePosition(lines, startOf(node)), length: lengthOf(node), key: '', mistake: text });
      } else if (node.type === 'PLAIN') {
        node.value = readScalar(text);
      } else {
        if (/^\$\{[^{}]*\}$/.test(node.value)) quoted.push(node);
        node.value = text;
      }
    },
  });
  return { unresolved, quoted };
}

function readUnquoted(document: Document.Parsed, quoted: readonly Scalar[]): unknown {
  if (quoted.length === 0) return null;
  for (const node of quoted) node.value = readScalar(String(node.value));
  return document.toJS({ maxAliasCount: MAX_ALIASES });
}

interface Refusal {
  readonly offset: number;
  readonly mistake: Mistake;
}

function refuseText(text: string): Refusal | null {
  if (text.length > MAX_CHARACTERS) {
    return { offset: 0, mistake: new Mistake('the file is larger than 16 MiB', 'Check that this is the config.') };
  }
  const offset = text.search(NOT_PRINTABLE);
  if (offset < 0) return null;
  const code = text.charCodeAt(offset);
  const what =
    code >= 0xfffe
      ? 'there are bytes that are not UTF-8'
      : `there is a control character (0x${code.toString(16).padStart(2, '0')})`;
  return { offset, mistake: new Mistake(what, 'A config is plain text in UTF-8.') };
}

/** JSON is YAML, but a file that says it is JSON has to be. */
function refuseJson(text: string): Refusal | null {
  const message = jsonMistake(text);
  if (message === null) return null;
  const position = / at position (\d+)/.exec(message);
  const offset = position === null ? findUnexpected(text) : Number(position[1]);
  const reason = message.replace(/(?:, (?:\.\.\.)?".*|(?: in JSON)?(?: at position| \().*)$/s, '');
  const what = `this is not valid JSON: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  const cure = 'Mend it, or name the file .yaml, where comments and unquoted keys are possible.';
  return { offset, mistake: new Mistake(what, cure) };
}

function jsonMistake(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * V8 gives no position for `Unexpected token …`. Every beginning of the text that holds the token is refused
 * with these words, and no shorter one is: a binary search finds it.
 */
function findUnexpected(text: string): number {
  let [without, including] = [0, text.length];
  while (including - without > 1) {
    const middle = (without + including) >>> 1;
    if (jsonMistake(text.slice(0, middle))?.startsWith('Unexpected token')) including = middle;
    else without = middle;
  }
  return including - 1;
}

/** The first of each line: the rest of a line says the same again. */
function syntaxMistakes(document: Document.Parsed, lines: LineCounter, text: string): readonly PlacedMistake[] {
  const byLine = new Map<number, PlacedMistake>();
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    // The parser reports its own overflow as the mistake of a token.
    if (message.includes('call stack')) throw new RangeError(message);
    const place = linePosition(lines, pos[0]);
    if (byLine.has(place.line)) continue;
    // Each value is examined together with those that contain it.
    if (byLine.size === MOST_SYNTAX_MISTAKES) break;
    const line = text.slice(lines.lineStarts[place.line - 1], lines.lineStarts[place.line]);
    const found = describeSyntax({ code, message, offset: pos[0] }, text, byLine.size === 0);
    if (found === null) continue;
    const { cure } = hasReference(line) ? QUOTE_REFERENCE : found.mistake;
    const shown = linePosition(lines, found.offset);
    const mistake = new Mistake(found.mistake.message, cure);
    byLine.set(place.line, { ...shown, length: found.length, key: '', mistake });
  }
  return [...byLine.values()];
}

function describeThrown(error: unknown): Mistake {
  if (error instanceof RangeError)
    return new Mistake('the file is nested too deeply', 'Check that this is the config.');
  const message = error instanceof Error ? error.message : String(error);
  if (!message.startsWith('Excessive alias count'))
    return new Mistake(`the file cannot be read: ${message}`, 'Mend the YAML.');
  return new Mistake('the aliases of the file stand for too many values', 'Use fewer aliases.');
}

function findBadKeys(
  node: unknown,
  lines: LineCounter,
  path: readonly (string | number)[] = [],
): readonly PlacedMistake[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => findBadKeys(item, lines, [...path, index]));
  if (!isMap(node)) return [];
  const lineOf = new Map<string, number>();
  return node.items.flatMap(({ key, value }) => {
    if (!isScalar(key)) {
      const mistake = new Mistake('a key is text, not a list, a map or an alias', cureBadKey(key));
      return [{ ...linePosition(lines, startOf(key) || startOf(value)), length: 1, key: formatKey(path), mistake }];
    }
    const name = String(key.value);
    const inner = [...path, name];
    const place = linePosition(lines, startOf(key));
    const first = lineOf.get(name);
    if (first === undefined) {
      lineOf.set(name, place.line);
      return findBadKeys(value, lines, inner);
    }
    const message = `this key is there twice, first on line ${first}`;
    const mistake = new Mistake(message, 'Take one of them out, or give it another name.');
    return [{ ...place, length: lengthOf(key), key: formatKey(inner), mistake }];
  });
}

/** Mostly these are `[::1]:8081` and `{{ name }}`. */
function cureBadKey(key: unknown): string {
  const only = isSeq(key) && key.items.length === 1 ? key.items[0] : null;
  if (isScalar(only) && isIPv6(String(only.value))) return 'Put an IPv6 address in quotes: "[::1]:8081".';
  const isTemplate =
    isMap(key) && key.items.every(({ value }) => value === null || (isScalar(value) && value.value === null));
  return isTemplate
    ? 'Write ${NAME} for a variable; {{ }} means something to templates alone.'
    : 'Write the key itself.';
}

/** For a text that the YAML parser, which counts the lines, never sees. */
function fillLines(lines: LineCounter, text: string): void {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
}

export function describeRoot(value: unknown): Mistake {
  const isEmpty = value === null || value === undefined;
  const message = isEmpty ? 'the file is empty' : `the file holds ${describeValue(value)} instead of a map`;
  return new Mistake(message, 'The smallest config is: pools: { web: [localhost:8081] }.');
}
