/** What the parser of YAML found, and what we say of it. */
import { Mistake } from './errors.ts';

/** As the parser reports it. */
export interface SyntaxFinding {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
}

/** A mistake and where it shows, by its offset. */
export interface FoundMistake {
  readonly offset: number;
  readonly length: number;
  readonly mistake: Mistake;
}

export function foundAt(offset: number, length: number, message: string, cure: string): FoundMistake {
  return { offset, length: Math.max(1, length), mistake: new Mistake(message, cure) };
}

const INDENT_CODES = new Set(['BAD_INDENT', 'MISSING_CHAR', 'BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY']);

/** Whether a line that stands too far in or out is found in this way. */
export function isOfIndentation({ code, message }: SyntaxFinding): boolean {
  return INDENT_CODES.has(code) && !message.startsWith('Comments');
}
