/**
 * A regular expression of a route. Strangers choose the path, and the ordinary engine takes quadratic time with
 * patterns as harmless as `[^.]*\.php$` (8 KiB held the loop for 100 ms): it counts backtracking, but not new starts.
 * So long paths go to V8's linear engine, 80 ns a character, and short ones, for which quadratic time is short, to the
 * ordinary one.
 */

/** Characters; up to this length quadratic time is no more than a few microseconds. */
export const SHORT_PATH = 128;

export class PathPattern {
  readonly #ordinary: RegExp;
  readonly #linear: RegExp;

  constructor(source: string) {
    this.#ordinary = new RegExp(source);
    this.#linear = compileLinear(source) ?? this.#ordinary;
  }

  exec(path: string): RegExpExecArray | null {
    return (path.length > SHORT_PATH ? this.#linear : this.#ordinary).exec(path);
  }

  test(path: string): boolean {
    return (path.length > SHORT_PATH ? this.#linear : this.#ordinary).test(path);
  }
}

/** Null if the process has not switched the linear engine on, which every config with a pattern does. */
export function compileLinear(source: string, flags = ''): RegExp | null {
  try {
    return new RegExp(source, `l${flags}`);
  } catch {
    return null;
  }
}
