/**
 * What a config makes of header lines, in one fixed order: remove, rename, replace, default, set, add. An empty value
 * writes no line: `set` then takes the line out, as nginx does with a variable that is empty.
 */
import type { HeaderEditsSpec } from '../rewriting-spec.ts';
import { has, nameOf, nextLine, valueOf, without } from './header-lines.ts';
import { PatternReplacer } from './pattern-replacer.ts';
import { compileTemplate } from './template.ts';
import type { Template, TemplateValues } from './template.ts';

interface Written {
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  readonly value: Template;
  readonly isDefault: boolean;
}

export class LineRewriter {
  readonly #removed: ReadonlySet<string>;
  /** New names by old ones in lower case. */
  readonly #renamed: ReadonlyMap<string, string>;
  /** By names in lower case. */
  readonly #replacers: ReadonlyMap<string, PatternReplacer>;
  readonly #defaults: readonly Written[];
  /** Their lines go before any of `#put` is written. */
  readonly #set: ReadonlySet<string>;
  /** Of `set` and `add`. */
  readonly #put: readonly Written[];
  /** What differs between requests that are alike. */
  readonly #late: readonly Written[];
  /** What {@link rewrite} makes of lines depends on nothing else. */
  readonly isFixed: boolean;

  constructor(spec: HeaderEditsSpec) {
    const written = [...compile(spec.default, true), ...compile(spec.set, false), ...compile(spec.add, false)];
    const early = written.filter(({ value }) => !value.isPerRequest);
    this.#removed = new Set(spec.remove.map((name) => name.toLowerCase()));
    this.#renamed = new Map(spec.rename.map(([from, to]) => [from.toLowerCase(), to]));
    this.#replacers = new Map(
      spec.replace.map(([name, source, by]) => [name.toLowerCase(), new PatternReplacer(source, by)]),
    );
    this.#defaults = early.filter(({ isDefault }) => isDefault);
    this.#set = new Set(spec.set.map(([name]) => name.toLowerCase()));
    this.#put = early.filter(({ isDefault }) => !isDefault);
    this.#late = written.filter(({ value }) => value.isPerRequest);
    this.isFixed = early.every(({ value }) => value.text !== null);
  }

  get hasLate(): boolean {
    return this.#late.length > 0;
  }

  /** All but what differs between requests that are alike. */
  rewrite(before: string, values: TemplateValues): string {
    let lines = without(before, this.#removed);
    if (this.#renamed.size > 0 || this.#replacers.size > 0) lines = this.#change(lines);
    for (const each of this.#defaults) if (!has(lines, each.key)) lines += lineOf(each, values);
    lines = without(lines, this.#set);
    for (const each of this.#put) lines += lineOf(each, values);
    return lines;
  }

  /** The rest, behind the lines that {@link rewrite} has left. */
  late(lines: string, values: TemplateValues): string {
    let added = '';
    for (const each of this.#late) if (!each.isDefault || !has(lines, each.key)) added += lineOf(each, values);
    return added;
  }

  #change(lines: string): string {
    let changed = '';
    let kept = 0;
    for (let at = 0; at < lines.length;) {
      const next = nextLine(lines, at);
      const name = nameOf(lines, at);
      const renamed = this.#renamed.get(name);
      const replacer = this.#replacers.get((renamed ?? name).toLowerCase());
      if (renamed !== undefined || replacer !== undefined) {
        const value = valueOf(lines, at);
        const replaced = replacer === undefined ? value : replacer.replace(value);
        const written = renamed ?? lines.slice(at, at + name.length);
        changed += lines.slice(kept, at);
        // A value that was there stays as a line even where it was empty before.
        if (replaced !== '' || value === '') changed += `${written}: ${replaced}\r\n`;
        kept = next;
      }
      at = next;
    }
    return changed + lines.slice(kept);
  }
}

function compile(entries: readonly (readonly [name: string, value: string])[], isDefault: boolean): readonly Written[] {
  return entries.map(([name, value]) => ({
    name,
    key: name.toLowerCase(),
    value: compileTemplate(value, 'header'),
    isDefault,
  }));
}

function lineOf({ name, value }: Written, values: TemplateValues): string {
  const text = value.write(values);
  return text === '' ? '' : `${name}: ${text}\r\n`;
}
