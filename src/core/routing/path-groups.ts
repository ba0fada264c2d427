/** The groups of a route's pattern in the path that it has matched. */
import type { PathMatch, RouteMatch } from '../snapshot.ts';
import { guardForms } from './guard-form.ts';
import { PathPattern } from './pattern.ts';

export class PathGroups {
  readonly #pattern: PathPattern;
  readonly #ignoreCase: boolean;
  #match: RegExpExecArray | null = null;

  constructor({ source, ignoreCase }: Extract<PathMatch, { kind: 'regex' }>) {
    this.#pattern = new PathPattern(source);
    this.#ignoreCase = ignoreCase;
  }

  /**
   * `path`: the normal form of `rawPath`. A route that guards is met by other readings of it too, and has the groups of
   * the first that fits.
   */
  begin(rawPath: string, path: string): void {
    this.#match = this.#find(path);
    if (this.#match !== null) return;
    for (const form of guardForms(rawPath, path)) {
      this.#match = this.#find(form);
      if (this.#match !== null) return;
    }
  }

  #find(path: string): RegExpExecArray | null {
    return this.#pattern.exec(this.#ignoreCase ? path.toLowerCase() : path);
  }

  /** By number or name, as the pattern has seen it: with `ignoreCase` in lower case. `''` where it took part in no match. */
  group(name: string): string {
    if (this.#match === null) return '';
    const isNumber = /^[0-9]/.test(name);
    return (isNumber ? this.#match.at(Number(name)) : this.#match.groups?.[name]) ?? '';
  }
}

/** Null: the route has no pattern. */
export function groupsOf({ path }: RouteMatch): PathGroups | null {
  return path?.kind === 'regex' ? new PathGroups(path) : null;
}
