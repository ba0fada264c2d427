/** What a config makes of a target on its way to an endpoint: another path, other parameters of its query. */
import { endOf } from '../borders.ts';
import { decodeForm, formBytes } from '../routing/form-text.ts';
import { normalizePath } from '../routing/path.ts';
import { leadsElsewhere, namingNoHost } from '../routing/rewrite.ts';
import type { RewritingSpec } from '../rewriting-spec.ts';
import { compileTemplate } from './template.ts';
import type { Template, TemplateValues } from './template.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

interface Parameter {
  /** As forms write it. */
  readonly name: string;
  readonly value: Template;
}

export class TargetRewriter {
  /** Null: the path stays. */
  readonly #path: Template | null;
  readonly #set: readonly Parameter[];
  /** Names that go out, as {@link decodeForm} gives them. */
  readonly #removed: ReadonlySet<string>;
  readonly #beginnings: readonly string[];
  /** It writes what differs between requests that are alike. */
  readonly isPerRequest: boolean;

  constructor({ path, setQuery, removeQuery }: Pick<RewritingSpec, 'path' | 'setQuery' | 'removeQuery'>) {
    this.#path = path === '' ? null : compileTemplate(path, 'path');
    this.#set = setQuery.map(([name, value]) => ({ name: written(name), value: compileTemplate(value, 'query') }));
    const names = removeQuery.map(formBytes);
    this.#removed = new Set([
      ...names.filter((name) => !name.endsWith('*')),
      ...setQuery.map(([name]) => formBytes(name)),
    ]);
    this.#beginnings = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
    this.isPerRequest = [this.#path, ...this.#set.map(({ value }) => value)].some(
      (each) => each?.isPerRequest === true,
    );
  }

  /** Null where what comes out may not be sent: it would lead out of the folder that the config names. */
  rewrite(target: string, values: TemplateValues): string | null {
    // It is of no path, but of a whole server.
    if (target === '*') return target;
    const mark = target.indexOf('?');
    const path = this.#path === null ? target.slice(0, mark < 0 ? undefined : mark) : pathOf(this.#path.write(values));
    if (path === null) return null;
    const query = this.#queryOf(mark < 0 ? '' : target.slice(mark + 1), values);
    // An empty query that came stays one.
    return query === '' && (mark < 0 || mark < target.length - 1) ? path : `${path}?${query}`;
  }

  #queryOf(before: string, values: TemplateValues): string {
    let query = this.#removed.size > 0 || this.#beginnings.length > 0 ? this.#without(before) : before;
    for (const { name, value } of this.#set) query += `${query === '' ? '' : '&'}${name}=${value.write(values)}`;
    return query;
  }

  #without(query: string): string {
    let kept = '';
    for (let from = 0; from < query.length;) {
      const end = endOf(query, from, query.length, AMPERSAND);
      const name = decodeForm(query, from, endOf(query, from, end, EQUALS));
      if (!this.#isRemoved(name)) kept += (kept === '' ? '' : '&') + query.slice(from, end);
      from = end + 1;
    }
    return kept;
  }

  #isRemoved(name: string): boolean {
    return this.#removed.has(name) || this.#beginnings.some((beginning) => name.startsWith(beginning));
  }
}

/** As an endpoint may get it. */
function pathOf(path: string): string | null {
  const single = namingNoHost(path);
  return leadsElsewhere(single) || normalizePath(single) === null ? null : single;
}

/** A name as forms write it. */
function written(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/[!'()*]/g, escapeMark);
}

function escapeMark(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
