/**
 * What became of each statement of an input. A statement that no converter has reported on is listed at the end:
 * nothing is dropped silently.
 */
import { maskQuoted, maskSecrets } from './mask-secrets.ts';
import { toLine, toLongLine } from './statement.ts';
import type { Statement } from './statement.ts';

/**
 * `guard`: it kept somebody out, and is missing now. `left`: not taken over. `differs`: taken over, but not quite the
 * same. `same`: Fairlead does so anyway.
 */
export type NoteKind = 'guard' | 'left' | 'differs' | 'same';

/** In the order in which they are listed. */
export const NOTE_KINDS: readonly NoteKind[] = ['guard', 'left', 'differs', 'same'];

export interface Note {
  readonly kind: NoteKind;
  readonly file: string;
  readonly line: number;
  /** The statement or the part of it that this is about. */
  readonly directive: string;
  readonly reason: string;
}

export class Report {
  readonly #taken = new Set<Statement>();
  readonly #spokenOf = new Set<Statement>();
  readonly #notes: Note[] = [];
  readonly #seen = new Set<string>();
  readonly #originals = new WeakMap<Statement, Statement>();

  /** Reports on `copy` are reports on `original`. */
  alias(copy: Statement, original: Statement): void {
    this.#originals.set(copy, original);
  }

  /** It is in the new config. What its block contains is still to be reported on. */
  take(statement: Statement): void {
    this.#taken.add(this.#originals.get(statement) ?? statement);
  }

  /** `part` is what of it the note is about. Default: all of it, its block included. */
  leave(statement: Statement, reason: string, part?: string): void {
    this.#add('left', statement, reason, part);
  }

  guard(statement: Statement, reason: string, part?: string): void {
    this.#add('guard', statement, reason, part);
  }

  differ(statement: Statement, reason: string, part?: string): void {
    this.#taken.add(statement);
    this.#add('differs', statement, reason, part ?? statement.text);
  }

  same(statement: Statement, reason: string, part?: string): void {
    this.#add('same', statement, reason, part);
  }

  /** Calls `tell` for every statement without a report, which lists it. To be called last. */
  close<T extends Statement & { readonly children: readonly T[] }>(
    statements: readonly T[],
    tell: (statement: T) => void,
  ): void {
    for (const statement of statements) {
      if (this.#spokenOf.has(statement)) continue;
      if (this.#taken.has(statement)) this.close(statement.children, tell);
      else tell(statement);
    }
  }

  /** By kind, then by place as they were found. */
  get notes(): readonly Note[] {
    return NOTE_KINDS.flatMap((kind) => {
      const files = [...new Set(this.#notes.map(({ file }) => file))];
      const ofKind = this.#notes.filter((note) => note.kind === kind);
      return ofKind.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
    });
  }

  #add(kind: NoteKind, written: Statement, reason: string, part: string | undefined): void {
    const statement = this.#originals.get(written) ?? written;
    // One reason for a whole statement is enough.
    if (part === undefined && this.#spokenOf.has(statement)) return;
    if (part === undefined) this.#spokenOf.add(statement);
    else this.#taken.add(statement);
    const { file, line } = statement;
    const directive = maskSecrets(toLine(part ?? statement.text));
    const note: Note = { kind, file, line, directive, reason: maskQuoted(toLongLine(reason)) };
    const key = JSON.stringify(note);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#notes.push(note);
  }
}
