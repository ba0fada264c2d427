/**
 * The conditions besides host and path: method, header, query, cookie. Those of all routes are numbered, equal ones
 * with the same number. The lines and the query of a request are scanned at most once, when the first route needs them,
 * and every condition that holds is marked. So a request costs in proportion to its length, however many routes look at
 * it.
 */
import { trimmed } from '../blanks.ts';
import { isNameAt, nextLine } from '../http/header-lines.ts';
import type { RouteMatch, ValueMatch } from '../snapshot.ts';
import { FormTable } from './form-text.ts';
import type { RoutedRequest } from './routed-request.ts';

const COOKIE = 'cookie';
const LAST_TURN = 0x7fffffff;

/** How many conditions a match has besides host and path: the methods together are one, each value is one. */
export function countConditions(match: RouteMatch): number {
  const methods = match.methods.length > 0 ? 1 : 0;
  return methods + match.headers.length + match.query.length + match.cookies.length;
}

/** The conditions of one route, as numbers. */
export interface NumberedConditions {
  readonly methods: readonly string[];
  /** Of headers and cookies. */
  readonly ofLines: readonly number[];
  readonly ofQuery: readonly number[];
}

/** What is looked for under one name. */
interface Wanted {
  /** The number of the condition that the name is there, −1 without one. */
  present: number;
  /** By value. */
  readonly values: Map<string, number>;
}

type Names = Map<string, Wanted>;

/** One parameter's table, built once all conditions are known. */
interface WantedParameter {
  readonly present: number;
  readonly values: FormTable<number>;
}

export class ConditionBook {
  /** Conditions so far. */
  #count = 0;
  readonly #numbered = new Map<RouteMatch, NumberedConditions>();
  readonly #headers: Names = new Map();
  readonly #cookies: Names = new Map();
  readonly #parameters: Names = new Map();
  /** Lengths of the header names, so that lines with names of other lengths are skipped. */
  readonly #lengths = new Set<number>();
  readonly #query: FormTable<WantedParameter>;
  /** For each condition the number of the request that met it last. */
  readonly #met: Int32Array;
  #turn = 0;
  #areLinesRead = false;
  #isQueryRead = false;

  /** `matches` are those of all routes; the book knows each by its identity. */
  constructor(matches: readonly RouteMatch[]) {
    for (const match of matches) this.#numbered.set(match, this.#number(match));
    this.#query = tableOf(this.#parameters);
    this.#met = new Int32Array(this.#count);
  }

  #number(match: RouteMatch): NumberedConditions {
    for (const { name } of match.headers) this.#lengths.add(name.length);
    const headers = match.headers.map((condition) => this.#numberOf(this.#headers, condition));
    const cookies = match.cookies.map((condition) => this.#numberOf(this.#cookies, condition));
    const ofQuery = match.query.map((condition) => this.#numberOf(this.#parameters, condition));
    return { methods: match.methods, ofLines: [...headers, ...cookies], ofQuery };
  }

  #numberOf(names: Names, { name, value }: ValueMatch): number {
    const wanted = names.get(name) ?? { present: -1, values: new Map<string, number>() };
    names.set(name, wanted);
    const known = value === null ? wanted.present : (wanted.values.get(value) ?? -1);
    if (known >= 0) return known;
    if (value === null) wanted.present = this.#count;
    else wanted.values.set(value, this.#count);
    return this.#count++;
  }

  of(match: RouteMatch): NumberedConditions {
    return this.#numbered.get(match) as NumberedConditions;
  }

  /** Begins another request. */
  begin(): void {
    if (this.#turn === LAST_TURN) {
      this.#turn = 0;
      this.#met.fill(0);
    }
    this.#turn++;
    this.#areLinesRead = false;
    this.#isQueryRead = false;
  }

  meets({ methods, ofLines, ofQuery }: NumberedConditions, request: RoutedRequest): boolean {
    if (methods.length > 0 && !methods.includes(request.method)) return false;
    if (ofLines.length > 0) {
      if (!this.#areLinesRead) this.#readLines(request.lines);
      if (!this.#areAllMet(ofLines)) return false;
    }
    if (ofQuery.length === 0) return true;
    if (!this.#isQueryRead) this.#readQuery(request.query);
    return this.#areAllMet(ofQuery);
  }

  #areAllMet(conditions: readonly number[]): boolean {
    for (const condition of conditions) if (this.#met[condition] !== this.#turn) return false;
    return true;
  }

  #mark(condition: number): void {
    if (condition >= 0) this.#met[condition] = this.#turn;
  }

  /** Header names in any case; values exact, blanks around them left aside. */
  #readLines(lines: string): void {
    this.#areLinesRead = true;
    for (let at = 0; at < lines.length;) {
      const next = nextLine(lines, at);
      const colon = lines.indexOf(':', at);
      const length = colon - at;
      if (length === COOKIE.length && this.#cookies.size > 0 && isNameAt(lines, at, COOKIE))
        this.#readCookies(lines.slice(colon + 1, next - 2));
      else if (this.#lengths.has(length)) {
        const wanted = this.#headers.get(lines.slice(at, colon).toLowerCase());
        if (wanted !== undefined) this.#markValue(wanted, trimmed(lines, colon + 1, next - 2));
      }
      at = next;
    }
  }

  /** Names and values exact, quotes included if there are any; a cookie without an equals sign has no name. */
  #readCookies(pairs: string): void {
    for (let start = 0; start < pairs.length;) {
      const semicolon = pairs.indexOf(';', start);
      const end = semicolon < 0 ? pairs.length : semicolon;
      const pair = trimmed(pairs, start, end);
      const equals = pair.indexOf('=');
      const wanted = equals < 0 ? undefined : this.#cookies.get(pair.slice(0, equals));
      if (wanted !== undefined) this.#markValue(wanted, pair.slice(equals + 1));
      start = end + 1;
    }
  }

  #markValue({ present, values }: Wanted, value: string): void {
    this.#mark(present);
    if (values.size > 0) this.#mark(values.get(value) ?? -1);
  }

  /** Names and values as forms decode them; what is malformed, or is not UTF-8, is no text. */
  #readQuery(query: string): void {
    this.#isQueryRead = true;
    for (let start = 0; start < query.length;) {
      const ampersand = query.indexOf('&', start);
      const end = ampersand < 0 ? query.length : ampersand;
      if (end > start) this.#readParameter(query.slice(start, end));
      start = end + 1;
    }
  }

  #readParameter(piece: string): void {
    const equals = piece.indexOf('=');
    const border = equals < 0 ? piece.length : equals;
    const wanted = this.#query.find(piece, 0, border);
    if (wanted === null) return;
    this.#mark(wanted.present);
    this.#mark(wanted.values.find(piece, Math.min(border + 1, piece.length), piece.length) ?? -1);
  }
}

function tableOf(names: Names): FormTable<WantedParameter> {
  return new FormTable(
    new Map([...names].map(([name, { present, values }]) => [name, { present, values: new FormTable(values) }])),
  );
}
