/** What is wrong with a config, in a form that says where, what, and how to fix it. */
import { styleText } from 'node:util';
import { type Excerpt, drawExcerpt } from './excerpt.ts';

/** One mistake of a config: where it is, what it is, and how to fix it. */
export interface ConfigError {
  /** As the caller named it. */
  readonly file: string;
  /** From 1; 0 where the fault lies in no line (a file that cannot be read, the command line). */
  readonly line: number;
  /** From 1; 0 as for `line`. */
  readonly column: number;
  /** The key as a path, e.g. `pools.web.endpoints[1].weight`; `''` for the whole file. */
  readonly key: string;
  /** The mistake: a sentence without its full stop. */
  readonly message: string;
  /** What to do about it: a sentence. */
  readonly cure: string;
  /** The line itself, with the place marked; null where the fault lies in no line. */
  readonly excerpt: Excerpt | null;
}

/** How {@link formatConfigErrors} writes. */
export interface ErrorFormat {
  /** Whether to colour for a terminal. Default: no. */
  readonly color?: boolean;
}

/** A value that is not acceptable, before its place is known. */
export class Mistake {
  readonly message: string;
  readonly cure: string;

  constructor(message: string, cure: string) {
    this.message = message;
    this.cure = cure;
  }
}

/** A mistake and the place of the value in the config, in the words of the long forms. */
export interface Problem {
  readonly path: readonly (string | number)[];
  /** Points at the key instead of the value: the key itself is wrong. */
  readonly atKey?: boolean;
  readonly mistake: Mistake;
}

/**
 * A paragraph per error: where, what, and how to fix it, then the line with the place marked.
 *
 * ```text
 * fairlead.yaml:7:13: pools.web.policy: "least-conections" is not possible here. Did you mean "least-connections"?
 *   7 |     policy: least-conections
 *     |             ^^^^^^^^^^^^^^^^
 * ```
 */
export function formatConfigErrors(errors: readonly ConfigError[], format: ErrorFormat = {}): string {
  const paint = format.color === true ? inColor : plainly;
  return errors.map((error) => formatConfigError(error, paint)).join('\n');
}

type Style = 'bold' | 'cyan' | 'dim' | 'red';
type Paint = (style: Style, text: string) => string;

function formatConfigError({ file, line, column, key, message, cure, excerpt }: ConfigError, paint: Paint): string {
  const place = paint('cyan', line === 0 ? file : `${file}:${line}:${column}`);
  const name = key === '' ? '' : `${paint('bold', key)}: `;
  const text = `${place}: ${name}${paint('red', message)}. ${cure}`;
  if (excerpt === null) return text;
  const drawn = drawExcerpt(excerpt);
  const number = String(line).padStart(5);
  const lines = [
    `${paint('dim', `${number} |`)} ${drawn.line}`,
    `${paint('dim', `${' '.repeat(number.length)} |`)} ${paint('red', drawn.carets)}`,
  ];
  return [text, ...lines].join('\n');
}

function plainly(_style: Style, text: string): string {
  return text;
}

function inColor(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}

/** `pools.web.endpoints[1].weight`; a key that is not a plain word is quoted: `pools["a b"]`. */
export function formatKey(path: readonly (string | number)[]): string {
  let key = '';
  for (const segment of path) {
    if (typeof segment === 'number') key += `[${segment}]`;
    else if (!/^[\w-]+$/.test(segment)) key += `[${JSON.stringify(segment)}]`;
    else key += key === '' ? segment : `.${segment}`;
  }
  return key;
}
