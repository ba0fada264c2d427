/** The settings at a place of an nginx config: each comes from the nearest block that has it. */
import type { Directive } from './parse-nginx.ts';

const DEEPEST_VARIABLE = 8;

export class Scope {
  /** From the innermost block outwards. */
  readonly #blocks: readonly (readonly Directive[])[];

  constructor(blocks: readonly (readonly Directive[])[]) {
    this.#blocks = blocks;
  }

  inner(block: readonly Directive[]): Scope {
    return new Scope([block, ...this.#blocks]);
  }

  /** The nearest of this name. */
  find(name: string): Directive | null {
    return this.findAll(name).at(-1) ?? null;
  }

  /** All of this name in the nearest block that has any: nginx does not add up those further out. */
  findAll(name: string): readonly Directive[] {
    for (const block of this.#blocks) {
      const found = block.filter((directive) => directive.name === name);
      if (found.length > 0) return found;
    }
    return [];
  }

  /** All that are of a kind, in their order, in the nearest block that has any. */
  findRules(isRule: (directive: Directive) => boolean): readonly Directive[] {
    return this.#blocks.map((block) => block.filter(isRule)).find((found) => found.length > 0) ?? [];
  }

  /**
   * Replaces variables by the values that `set` gave them; others stay as they are. `uses` is called for each `set`
   * that was used.
   */
  expand(text: string, uses: (set: Directive) => void): string {
    let expanded = text;
    for (let depth = 0; depth < DEEPEST_VARIABLE && expanded.includes('$'); depth++) {
      const next = expanded.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, plain?: string) => {
        const set = this.#findSet(braced ?? plain ?? '');
        if (set !== null) uses(set);
        return set?.args[1] ?? whole;
      });
      // A variable that is set to itself and more would grow for ever.
      if (next === expanded || next.length > 4096) return next.length > 4096 ? text : next;
      expanded = next;
    }
    return expanded;
  }

  #findSet(name: string): Directive | null {
    for (const block of this.#blocks) {
      const found = block.findLast(({ name: directive, args }) => directive === 'set' && args[0] === `$${name}`);
      if (found !== undefined) return found;
    }
    return null;
  }
}
