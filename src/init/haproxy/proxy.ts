/** A frontend, a backend, or both (`listen`), with the `defaults` that stand behind it. */
import type { Line } from './parse-haproxy.ts';

export class Proxy {
  readonly from: Line;
  readonly name: string;
  readonly #defaults: readonly Line[];

  /** `defaults` are the lines of its defaults section. */
  constructor(from: Line, defaults: readonly Line[]) {
    this.from = from;
    this.name = from.args[0] ?? '';
    this.#defaults = defaults;
  }

  get isFront(): boolean {
    return this.from.name !== 'backend';
  }

  get isBack(): boolean {
    return this.from.name !== 'frontend';
  }

  /** The last line of this name and first words, its own before those of the defaults; `no …` takes it away. */
  find(name: string, ...words: readonly string[]): Line | null {
    for (const lines of [this.from.children, this.#defaults]) {
      const found = lines.findLast((line) => isLine(line, name, words) || isLine(unsaid(line), name, words));
      if (found !== undefined) return found.name === 'no' ? null : found;
    }
    return null;
  }

  /** All of this name and first words: its own, or those of the defaults where it has none. */
  findAll(name: string, ...words: readonly string[]): readonly Line[] {
    const own = this.from.children.filter((line) => isLine(line, name, words));
    return own.length > 0 ? own : this.#defaults.filter((line) => isLine(line, name, words));
  }

  /** Its own lines of this name. */
  own(name: string): readonly Line[] {
    return this.from.children.filter((line) => line.name === name);
  }
}

function isLine(line: Line, name: string, words: readonly string[]): boolean {
  return line.name === name && words.every((word, index) => line.args[index] === word);
}

function unsaid(line: Line): Line {
  const [name = '', ...args] = line.args;
  return line.name === 'no' ? { ...line, name, args } : line;
}

/** Frontends, backends and listens, each with the defaults in front of it, or those it names by `from`. */
export function readProxies(sections: readonly Line[]): readonly Proxy[] {
  const named = new Map<string, readonly Line[]>();
  let latest: readonly Line[] = [];
  const proxies: Proxy[] = [];
  for (const section of sections) {
    const at = section.args.indexOf('from');
    const base = at < 0 ? null : (named.get(section.args[at + 1] ?? '') ?? []);
    if (section.name === 'defaults') {
      latest = [...(base ?? []), ...section.children];
      named.set(section.args[0] ?? '', latest);
    } else if (/^(?:frontend|backend|listen)$/.test(section.name)) proxies.push(new Proxy(section, base ?? latest));
  }
  return proxies;
}
