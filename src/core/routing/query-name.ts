/** One parameter of the query of a target, by its name, as forms write it. */
import { endOf } from '../borders.ts';
import { FormTable } from './form-text.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

/** Made once and used for one request after another. It costs in proportion to the length of the target. */
export class QueryName {
  readonly #names: FormTable<true>;
  /** Its value is `target[start, end)`. */
  start = 0;
  end = 0;

  constructor(name: string) {
    this.#names = new FormTable(new Map([[name, true]]));
  }

  /** Whether it is there; of several the first counts. */
  find(target: string): boolean {
    const question = target.indexOf('?');
    for (let from = question + 1; question >= 0 && from <= target.length;) {
      const end = endOf(target, from, target.length, AMPERSAND);
      const border = endOf(target, from, end, EQUALS);
      if (this.#names.find(target, from, border) !== null) {
        this.start = Math.min(border + 1, end);
        this.end = end;
        return true;
      }
      from = end + 1;
    }
    return false;
  }
}
