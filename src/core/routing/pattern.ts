/**
 * A regular expression of a route. A path is a stranger's, and the ordinary engine is quadratic on patterns as
 * innocent as `[^.]*\.php$` (8 KiB held the loop for 100 ms): it counts where it goes back, but not where it begins
 * anew. So long paths go to V8's linear engine, 80 ns a character, and short ones, where a square is small, to the
 * ordinary one.
 */

/** Characters; up to here the square of the length is no more than a few microseconds. */
const SHORT_PATH = 128;

export class PathPattern {
  readonly #ordinary: RegExp;
  readonly #linear: RegExp;

  constructor(source: string) {
    this.#ordinary = new RegExp(source);
    this.#linear = compileLinear(source) ?? this.#ordinary;
  }

  test(path: string): boolean {
    return (path.length > SHORT_PATH ? this.#linear : this.#ordinary).test(path);
  }
}

/** Null where the process has not switched the linear engine on; every config that has a pattern does. */
function compileLinear(source: string): RegExp | null {
  try {
    return new RegExp(source, 'l');
  } catch {
    return null;
  }
}
