/**
 * A compiled key: what requests that belong together have in common, hashed to 64 bits. Compiled once for a route; hash
 * policies go by it. It allocates nothing, and costs in proportion to what it looks at.
 */
import { blanksStart, skipBlanks } from '../blanks.ts';
import { CookieWalk } from '../http/cookies.ts';
import { findLine, nextLine } from '../http/header-lines.ts';
import { maskAddress, parseAddress } from '../lists/address.ts';
import { looseByteAt, looseWidthAt } from '../routing/form-text.ts';
import { QueryName } from '../routing/query-name.ts';
import type { KeySpec } from '../snapshot.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import type { HashSeed } from './half-sip-hash.ts';
import { parseKeyPart } from './key-parts.ts';
import type { KeyPart } from './key-parts.ts';

/** What keys are made of. */
export interface KeyedRequest {
  /** The client's address, seen through the proxies that are trusted. */
  readonly client: string;
  /** The address of the other end of the connection. */
  readonly peer: string;
  readonly listener: string;
  readonly route: string;
  /** Normal form. */
  readonly host: string;
  /** Normal form, without the query. */
  readonly path: string;
  /** As it came, with the query. */
  readonly target: string;
  readonly lines: string;
}

/** Feeds one part of the key; false where the request has none. */
type Feed = (hash: HalfSipHash, request: KeyedRequest) => boolean;

export class KeySource {
  readonly #hash: HalfSipHash;
  readonly #feeds: readonly Feed[];
  /** Stands for the key where a part of it is missing, null for none. */
  readonly #instead: Feed | null;
  /** Words of the last key; 0 and 0 where there was none. */
  first = 0;
  second = 0;

  /** With another seed the same key has another hash. */
  constructor(spec: KeySpec, seed: HashSeed) {
    this.#hash = new HalfSipHash(seed);
    this.#feeds = spec.parts.map((text) => feedOf(text));
    this.#instead = spec.missing === 'client' ? feedOf('client') : null;
  }

  /** Leaves the key of a request in `first` and `second`. */
  read(request: KeyedRequest): void {
    if (this.#readAll(request)) return;
    this.first = 0;
    this.second = 0;
    if (this.#instead === null) return;
    this.#hash.begin();
    this.#instead(this.#hash, request);
    this.#finish();
  }

  #readAll(request: KeyedRequest): boolean {
    const hash = this.#hash;
    const feeds = this.#feeds;
    hash.begin();
    for (let index = 0; index < feeds.length; index++) {
      // So that parts cannot run into one another.
      if (index > 0) hash.byte(0);
      if (!feeds[index](hash, request)) return false;
    }
    this.#finish();
    return true;
  }

  #finish(): void {
    this.#hash.end();
    this.first = this.#hash.first;
    this.second = this.#hash.second;
  }
}

function feedOf(text: string): Feed {
  const part = parseKeyPart(text);
  if (part === null) throw new Error(`no key: ${text}`);
  switch (part.kind) {
    case 'client':
      return (hash, { client }) => feedAddress(hash, client, part.bits4, part.bits6);
    case 'peer':
      return (hash, { peer }) => feedAddress(hash, peer, part.bits4, part.bits6);
    case 'header':
      return (hash, { lines }) => feedHeader(hash, lines, part.name);
    case 'cookie':
      return feedOfCookie(part.name);
    case 'query':
      return feedOfQuery(part.name);
    default:
      return feedOfWhole(part.kind);
  }
}

function feedOfWhole(kind: Exclude<KeyPart['kind'], 'client' | 'peer' | 'header' | 'cookie' | 'query'>): Feed {
  const field = kind === 'url' ? 'target' : kind;
  return (hash, request) => feedText(hash, request[field], 0, request[field].length);
}

/** An empty text is a part that is missing. */
function feedText(hash: HalfSipHash, text: string, start: number, end: number): boolean {
  if (start >= end) return false;
  hash.text(text, start, end);
  return true;
}

const words = new Int32Array(4);

/** By its bits, so that every way to write an address counts as the same; a text that is no address by itself. */
function feedAddress(hash: HalfSipHash, text: string, bits4: number, bits6: number): boolean {
  const family = parseAddress(text, words);
  if (family === 0) return feedText(hash, text, 0, text.length);
  maskAddress(words, family, family === 4 ? bits4 : bits6);
  for (let word = 0; word < (family === 4 ? 1 : 4); word++) hash.word(words[word]);
  return true;
}

/** All lines of the name, as one list. */
function feedHeader(hash: HalfSipHash, lines: string, name: string): boolean {
  let isThere = false;
  for (let at = findLine(lines, name); at >= 0; at = findLine(lines, name, nextLine(lines, at))) {
    if (isThere) hash.text(', ', 0, 2);
    const start = skipBlanks(lines, at + name.length + 1);
    const end = blanksStart(lines, start, nextLine(lines, at) - 2);
    if (feedText(hash, lines, start, end)) isThere = true;
  }
  return isThere;
}

/** The first of the name; its value exact, quotes included. */
function feedOfCookie(name: string): Feed {
  const walk = new CookieWalk(name);
  return (hash, { lines }) => {
    walk.begin(lines);
    return walk.next() && feedText(hash, lines, walk.start, walk.end);
  };
}

/** The first parameter of the name; both as forms write them. */
function feedOfQuery(name: string): Feed {
  const parameter = new QueryName(name);
  return (hash, { target }) => parameter.find(target) && feedForm(hash, target, parameter.start, parameter.end);
}

function feedForm(hash: HalfSipHash, text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += looseWidthAt(text, at, end)) hash.byte(looseByteAt(text, at, end));
  return start < end;
}
