/**
 * Header lines under edits. What was there stays the same string while lines are only added behind it, so that what has
 * been made of it (its encoded text) can be used again.
 */
import { has, without } from './header-lines.ts';

/**
 * A change of header lines. `remove` takes every line of the name out, `set` puts one line in the place of all of them,
 * `add` adds one, `default` adds one where there is none.
 */
export type HeaderEdit =
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'set' | 'add' | 'default'; readonly name: string; readonly value: string };

/** Made once and used for one message after another. */
export class EditedLines {
  /** What was there, less what has been taken out. */
  base = '';
  /** What stands behind it. */
  added = '';

  begin(base: string, added: string): this {
    this.base = base;
    this.added = added;
    return this;
  }

  /** Each edit sees what those before it have made. Names and values are written as they are given, and are not checked. */
  apply(edit: HeaderEdit): void {
    const name = edit.name.toLowerCase();
    if (edit.kind === 'remove' || edit.kind === 'set') this.#remove(name);
    if (edit.kind === 'remove') return;
    if (edit.kind === 'default' && (has(this.base, name) || has(this.added, name))) return;
    this.added += `${edit.name}: ${edit.value}\r\n`;
  }

  #remove(name: string): void {
    if (has(this.base, name)) this.base = without(this.base, new Set([name]));
    if (this.added !== '' && has(this.added, name)) this.added = without(this.added, new Set([name]));
  }
}
