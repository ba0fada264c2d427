/** Regular expressions of PCRE in the syntax of JavaScript, and the other way round to see where they differ. */

/** What JavaScript would read as something else, silently. */
const OF_PCRE_ALONE = /\\[AZzGKQEhHRNXCgoa]|\\p\{\^|\[\[:|\(\?[#>|P'R&+-]|\(\?\d|\(\?[a-zA-Z]|\(\*|[*+?}]\+/;

/** The reason why a pattern cannot be taken over, or null. What JavaScript itself refuses is found later. */
export function findForeign(pattern: string): string | null {
  const found = OF_PCRE_ALONE.exec(pattern.replace(/\\\\/g, ''));
  return found === null ? null : `JavaScript has no ${found[0]} in regular expressions`;
}

/** Letters in lower case, escapes such as `\S` left alone. */
export function toLowerPattern(pattern: string): string {
  return pattern.replace(/\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)|[^\\]+/gs, (part) =>
    part.startsWith('\\') ? part : part.toLowerCase(),
  );
}

/** Matches the text itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
