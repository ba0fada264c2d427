import { SHORT_PATH, compileLinear } from '../routing/pattern.ts';

/** Replaces what a pattern finds in values that strangers choose, every time it is there; linear like {@link PathPattern}. */
export class PatternReplacer {
  readonly #ordinary: RegExp;
  readonly #linear: RegExp;
  readonly #by: string;

  /** `by`: as `String.replace` reads it; `$1` is the first group. */
  constructor(source: string, by: string) {
    this.#ordinary = new RegExp(source, 'g');
    this.#linear = compileLinear(source, 'g') ?? this.#ordinary;
    this.#by = by;
  }

  replace(value: string): string {
    return value.replace(value.length > SHORT_PATH ? this.#linear : this.#ordinary, this.#by);
  }
}
