/** Header lines as a hook sees them, and what it changes, which takes effect once the hook has done its part. */
import { EditedLines } from '../../core/http/edited-lines.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import { valuesOf } from '../../core/http/header-lines.ts';
import { checkHeaderName, checkHeaderValue } from '../../core/middleware/header-rules.ts';
import type { HeaderSide } from '../../core/middleware/header-rules.ts';
import type { MiddlewareHeaders } from '../../core/middleware/types.ts';

/** Whose headers they are. */
export interface HeaderOwner {
  /** The lines that there are. */
  readonly lines: string;
  /** The value of a line that Fairlead writes itself, null: it is none of these. `name` in lower case. */
  valueOfOurs(name: string): string | null;
  /** Throw where nobody may look any more, or change anything. */
  requireOpen(): void;
  requireWritable(): void;
}

const edited = new EditedLines();

export class HeaderEdits implements MiddlewareHeaders {
  readonly #owner: HeaderOwner;
  readonly #side: HeaderSide;
  /** In the order in which they were made; the list is used again. */
  readonly edits: HeaderEdit[] = [];

  constructor(owner: HeaderOwner, side: HeaderSide) {
    this.#owner = owner;
    this.#side = side;
  }

  get(name: string): string | null {
    this.#owner.requireOpen();
    const wanted = name.toLowerCase();
    const values = valuesOf(this.#lines(), wanted);
    return values.length === 0 ? this.#owner.valueOfOurs(wanted) : values.join(wanted === 'cookie' ? '; ' : ', ');
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    this.#push('set', name, value);
  }

  add(name: string, value: string): void {
    this.#push('add', name, value);
  }

  remove(name: string): void {
    this.#owner.requireWritable();
    this.edits.push({ kind: 'remove', name: checkHeaderName(name, this.#side) });
  }

  /** With what has been changed. */
  #lines(): string {
    const { lines } = this.#owner;
    if (this.edits.length === 0) return lines;
    edited.begin(lines, '');
    for (const edit of this.edits) edited.apply(edit);
    return edited.base + edited.added;
  }

  #push(kind: 'set' | 'add', name: string, value: string): void {
    this.#owner.requireWritable();
    checkHeaderName(name, this.#side);
    this.edits.push({ kind, name, value: checkHeaderValue(name, value) });
  }
}
