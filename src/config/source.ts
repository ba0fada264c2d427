/** One config file as it was read: its value and the place of everything in it, or why it could not be. */
import type { PlacedMistake, SourceDocument } from './document.ts';
import { Mistake } from './errors.ts';
import { typedCommand } from './typed-command.ts';

export interface Source {
  /** As it is named in errors. */
  readonly file: string;
  /** For excerpts; `''` where nothing could be read. */
  readonly text: string;
  /** What was read, or why not. */
  readonly content: SourceDocument | readonly PlacedMistake[];
  /** Other files it was made of: the modules that a module imports. */
  readonly imports: readonly string[];
}

export function isDocument(content: Source['content']): content is SourceDocument {
  return !Array.isArray(content);
}

/** A mistake that lies in no line. */
export function unreadable(error: unknown): PlacedMistake {
  return { line: 0, column: 0, length: 0, key: '', mistake: describeUnreadable(error) };
}

function describeUnreadable(error: unknown): Mistake {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT')
    return new Mistake('there is no such file', `Check the path; "${typedCommand()} init" writes a first config.`);
  if (code === 'EISDIR') return new Mistake('this is a directory', 'Name the file in it.');
  if (code === 'EACCES') return new Mistake('the file may not be read', 'Check its permissions.');
  return new Mistake(`the file cannot be read (${code})`, 'Check the path.');
}
