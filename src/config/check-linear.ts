/** Whether V8's linear engine accepts a pattern: it has no back-references, lookahead, large counts and modifiers. */
import { Mistake } from './errors.ts';
import { enableLinearRegex } from './linear-regex.ts';

/** How often V8's linear engine copies what a count repeats, nested counts multiplied. */
const LARGEST_COUNT = 16;

/** Null if the linear engine accepts the pattern. */
export function checkLinear(source: string): Mistake | null {
  try {
    new RegExp(source);
  } catch (error) {
    return new Mistake(
      `the regular expression is malformed: ${reasonOf(error)}`,
      'Mend the pattern; it is written as in JavaScript, without slashes around it.',
    );
  }
  enableLinearRegex();
  try {
    new RegExp(source, 'l');
    return null;
  } catch {
    const construct = findConstruct(source);
    return new Mistake(
      `the regular expression cannot run in linear time: it has ${construct}`,
      'Write the pattern without it; several routes can lead to one pool.',
    );
  }
}

/** `Invalid regular expression: /(/: Unterminated group` → `unterminated group`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reason = text.slice(text.lastIndexOf(': ') + 2);
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}

const CONSTRUCTS: readonly (readonly [RegExp, string])[] = [
  [/^\\[1-9]/, 'a back-reference'],
  [/^\\k</, 'a back-reference'],
  [/^\(\?[=!]/, 'a lookahead'],
  [/^\(\?[a-z-]+:/, 'a modifier'],
];

/** Names the first construct that the linear engine refuses, by a walk over the pattern that skips escapes and classes. */
function findConstruct(source: string): string {
  for (let at = 0; at < source.length; at++) {
    const rest = source.slice(at, at + 16);
    for (const [pattern, name] of CONSTRUCTS) {
      const found = pattern.exec(rest);
      if (found !== null) return `${name} (${found[0]})`;
    }
    if (source[at] === '\\') at++;
    else if (source[at] === '[') at = endOfClass(source, at);
  }
  const counts = source.match(/\{\d+(?:,\d*)?\}/g);
  if (counts === null) return 'a construct that may backtrack without end';
  return `counts too large or nested (${counts.join(', ')}; at most ${LARGEST_COUNT} in all)`;
}

function endOfClass(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === ']') return at;
  }
  return source.length;
}
