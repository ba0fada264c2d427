/** Which paths an entry of a proxy table takes: the first entry whose context fits gets the request. */
import type { PathRegexInput } from '../../config/config-input.ts';
import { escapePattern, findForeign } from '../patterns.ts';

export interface Context {
  /** `start`: any text in front, as `/api`. `below`: whole segments, as `/api/**`. */
  readonly kind: 'all' | 'start' | 'below' | 'regex';
  /** Without stars: `/api`; of a regular expression its source. */
  readonly text: string;
}

/** A text says why a route cannot be like it. */
export function parseContext(written: string): Context | string {
  if (/^(?:\/|\*{1,2}|\/\*{1,2}|\/\*\*\/\*)$/.test(written)) return { kind: 'all', text: '/' };
  if (written.startsWith('^')) {
    return findForeign(written) ?? { kind: 'regex', text: written };
  }
  if (written.startsWith('!')) return 'routes cannot say what is left out: it goes there as well';
  if (!written.startsWith('/')) return 'a path begins with a slash';
  // webpack-dev-server takes `/api/*` for `/api`.
  const [, text = written, stars = ''] = /^(.*?)\/(\*{1,2})$/.exec(written) ?? [];
  if (/[*?!{}[\]()]/.test(text)) return 'a path is exact, a prefix, or a regular expression under path.regex';
  return { kind: stars === '**' ? 'below' : 'start', text: text === '/' ? text : text.replace(/\/$/, '') };
}

/** Whether `earlier` leaves nothing for `context`. */
export function isShadowed(context: Context, earlier: Context): boolean {
  if (earlier.kind === 'all') return true;
  if (context.kind === 'all' || earlier.kind === 'regex') return context.text === earlier.text;
  if (context.kind === 'regex') return false;
  const isWithin = context.text === earlier.text || context.text.startsWith(`${earlier.text}/`);
  if (earlier.kind === 'below') return isWithin && (context.kind === 'below' || context.text !== earlier.text);
  return context.text.startsWith(earlier.text);
}

/** Whether they are to be written as regular expressions, which alone keep the order of the file. */
export function asPatterns(contexts: readonly Context[]): boolean {
  if (contexts.some(({ kind }) => kind === 'regex')) return true;
  const starts = contexts.filter(({ kind }) => kind === 'start').map(({ text }) => text);
  return contexts.some(({ text }) => starts.some((start) => text !== start && text.startsWith(start)));
}

/** Null: every path. */
export function toPathInput({ kind, text }: Context, isPattern: boolean): string | PathRegexInput | null {
  if (kind === 'all') return null;
  if (kind === 'regex') return { regex: text };
  if (!isPattern) return `${text}/*`;
  return { regex: `^${escapePattern(text)}${kind === 'below' ? '(?:/|$)' : ''}` };
}
