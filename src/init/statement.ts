/** What a converter reads: the statements of another program's config, each with its place. */

export interface Statement {
  /** As the user named it, or as an `include` did. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The statement in one line, for messages: `gzip on`. */
  readonly text: string;
  /** Those of its block. */
  readonly children: readonly Statement[];
}

/** Thrown for a text that is not in its format. */
export class UnreadableInput extends Error {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, message: string) {
    super(message);
    this.name = 'UnreadableInput';
    this.file = file;
    this.line = line;
  }
}

const LONGEST_TEXT = 80;

/** One line, however long: what quotes an input has control characters, which would reach the terminal of its reader. */
export function toLongLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

/** One line of at most 80 characters, that shows on any terminal. */
export function toLine(text: string): string {
  const line = toLongLine(text).replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 1).toWellFormed()}…` : line;
}
