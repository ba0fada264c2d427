/** The files of a config as one value, and back: which file a part of it came from. */
import type { Place } from './locator.ts';
import { Mistake, type Problem } from './errors.ts';
import type { Piece, SourceMistake } from './include.ts';
import { isWrittenMap } from './written.ts';

/** Maps that several files may add to. */
const JOINED = ['listeners', 'pools'];

type Reading = 'value' | 'unquoted';

export interface Merged {
  readonly value: unknown;
  /** A key that two files have, although only one may. */
  readonly mistakes: readonly SourceMistake[];
  locate(problem: Problem): { readonly piece: Piece; readonly place: Place };
}

/** `unquoted`: with references in quotes read as if they were not. */
export function mergePieces(pieces: readonly Piece[], reading: Reading): Merged {
  const [first] = pieces;
  const merger = new Merger(pieces, reading);
  // One file needs no joining, and may be anything at all.
  return pieces.length === 1 ? { value: read(first, reading), mistakes: [], locate: at(first) } : merger.merge();
}

function read({ document }: Piece, reading: Reading): unknown {
  return reading === 'unquoted' ? (document.unquoted ?? document.value) : document.value;
}

function at(piece: Piece): Merged['locate'] {
  return (problem) => ({ piece, place: piece.document.locate(problem) });
}

class Merger {
  readonly #pieces: readonly Piece[];
  readonly #reading: Reading;
  readonly #value: Record<string, unknown> = {};
  /** Of a key, and of a name in a joined map (`pools.web`). */
  readonly #owners = new Map<string, Piece>();
  /** Of each route, with its place in its own file. */
  readonly #routes: { readonly piece: Piece; readonly index: number }[] = [];
  readonly #mistakes: SourceMistake[] = [];

  constructor(pieces: readonly Piece[], reading: Reading) {
    this.#pieces = pieces;
    this.#reading = reading;
  }

  merge(): Merged {
    for (const piece of this.#pieces) {
      const value = read(piece, this.#reading);
      if (isWrittenMap(value)) for (const key of Object.keys(value)) this.#add(piece, key, value[key]);
      else
        this.#refuse(piece, {
          path: [],
          mistake: new Mistake('the file does not hold a map', 'Write keys of a config.'),
        });
    }
    return { value: this.#value, mistakes: this.#mistakes, locate: (problem) => this.#locate(problem) };
  }

  #add(piece: Piece, key: string, value: unknown): void {
    // `$schema` is for the editor of that one file.
    if (key === '$schema') return;
    const there = this.#value[key];
    if (JOINED.includes(key) && isWrittenMap(value) && (there === undefined || isWrittenMap(there))) {
      this.#join(piece, key, value);
    } else if (key === 'routes' && Array.isArray(value) && (there === undefined || Array.isArray(there))) {
      this.#value[key] = [...((there ?? []) as readonly unknown[]), ...(value as readonly unknown[])];
      for (const index of value.keys()) this.#routes.push({ piece, index });
      this.#own(key, piece);
    } else if (Object.hasOwn(this.#value, key)) {
      this.#refuseTwice(piece, [key], this.#owners.get(key));
    } else {
      this.#set(this.#value, key, value);
      this.#own(key, piece);
    }
  }

  #join(piece: Piece, key: string, value: Readonly<Record<string, unknown>>): void {
    const joined = (this.#value[key] ?? {}) as Record<string, unknown>;
    for (const [name, part] of Object.entries(value)) {
      if (Object.hasOwn(joined, name)) {
        this.#refuseTwice(piece, [key, name], this.#owners.get(`${key}.${name}`));
      } else {
        this.#set(joined, name, part);
        this.#own(`${key}.${name}`, piece);
      }
    }
    this.#value[key] = joined;
    this.#own(key, piece);
  }

  /** A key may be called `__proto__`. */
  #set(map: object, key: string, value: unknown): void {
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  }

  #own(name: string, piece: Piece): void {
    if (!this.#owners.has(name)) this.#owners.set(name, piece);
  }

  #refuseTwice(piece: Piece, path: Problem['path'], first: Piece | undefined): void {
    const other = first ?? this.#pieces[0];
    const before = { path, atKey: true, mistake: new Mistake('', '') };
    const { line } = other.document.locate(before);
    const message = `this is there twice, first in ${other.source.file}:${line}`;
    this.#refuse(piece, { ...before, mistake: new Mistake(message, 'Take one of them out, or give it another name.') });
  }

  #refuse(piece: Piece, problem: Problem): void {
    const { mistake } = problem;
    this.#mistakes.push({ source: piece.source, mistake: { ...piece.document.locate(problem), mistake } });
  }

  #locate(problem: Problem): { piece: Piece; place: Place } {
    const [key, name] = problem.path;
    if (key === 'routes' && typeof name === 'number' && name < this.#routes.length) {
      const { piece, index } = this.#routes[name];
      const place = piece.document.locate({ ...problem, path: [key, index, ...problem.path.slice(2)] });
      return { piece, place };
    }
    const piece = this.#owners.get(`${key}.${name}`) ?? this.#owners.get(String(key)) ?? this.#pieces[0];
    return { piece, place: piece.document.locate(problem) };
  }
}
