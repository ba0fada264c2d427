/** What a config makes of cookies that servers set, attribute by attribute; what it does not name passes as it came. */
import { trimmed } from '../blanks.ts';
import type { CookieRulesSpec } from '../rewriting-spec.ts';
import { findLine, nextLine } from './header-lines.ts';

const SET_COOKIE = 'set-cookie';
const LINE_END = 2;

interface Attribute {
  readonly name: string;
  /** Null: it has none. */
  readonly value: string | null;
}

export class CookieRules {
  readonly #spec: CookieRulesSpec;
  /** From the longest prefix. */
  readonly #paths: CookieRulesSpec['path'];

  constructor(spec: CookieRulesSpec) {
    this.#spec = spec;
    this.#paths = spec.path.toSorted(([a], [b]) => b.length - a.length);
  }

  rewrite(lines: string): string {
    let rewritten = '';
    let from = 0;
    for (let at = findLine(lines, SET_COOKIE); at >= 0; at = findLine(lines, SET_COOKIE, nextLine(lines, at))) {
      const next = nextLine(lines, at);
      const start = at + SET_COOKIE.length + 1;
      const cookie = trimmed(lines, start, next - LINE_END);
      const changed = this.#change(cookie);
      if (changed === cookie) continue;
      rewritten += `${lines.slice(from, start)} ${changed}\r\n`;
      from = next;
    }
    return from === 0 ? lines : rewritten + lines.slice(from);
  }

  #change(cookie: string): string {
    const [pair, ...rest] = cookie.split(';');
    const name = trimmed(pair, 0, !pair.includes('=') ? 0 : pair.indexOf('='));
    if (!this.#spec.only.some((only) => isNamed(name, only))) return cookie;
    const before = rest.map(attributeOf);
    const after = this.#attributes(before);
    if (after.every((each, index) => each === before[index]) && after.length === before.length) return cookie;
    // Browsers throw away what breaks the promise of its name.
    if (!keepsPromise(name, after)) return cookie;
    return [pair, ...after.map(({ name: of, value }) => (value === null ? of : `${of}=${value}`))].join('; ');
  }

  #attributes(before: readonly Attribute[]): readonly Attribute[] {
    const { sameSite, secure, httpOnly } = this.#spec;
    const after = before.flatMap((each): readonly Attribute[] => {
      if (is(each, 'domain')) return this.#domain(each);
      if (is(each, 'path')) return [this.#path(each)];
      if (is(each, 'samesite') && sameSite !== null) return [];
      if ((is(each, 'secure') && secure === false) || (is(each, 'httponly') && httpOnly === false)) return [];
      return [each];
    });
    if ((secure === true || sameSite === 'None') && !after.some((each) => is(each, 'secure')))
      after.push({ name: 'Secure', value: null });
    if (httpOnly === true && !after.some((each) => is(each, 'httponly'))) after.push({ name: 'HttpOnly', value: null });
    if (sameSite === null) return after;
    const same = before.find((each) => is(each, 'samesite') && each.value === sameSite);
    return [...after, same ?? { name: 'SameSite', value: sameSite }];
  }

  #domain(attribute: Attribute): readonly Attribute[] {
    const domain = (attribute.value ?? '').toLowerCase().replace(/^\./, '');
    const found = this.#spec.domain.find(([from]) => from === domain);
    if (found === undefined) return [attribute];
    return found[1] === '' ? [] : [{ name: attribute.name, value: found[1] }];
  }

  #path(attribute: Attribute): Attribute {
    const path = attribute.value ?? '';
    const found = this.#paths.find(([from]) => isUnder(path, from));
    if (found === undefined) return attribute;
    const [from, to] = found;
    const rest = path.slice(from.endsWith('/') ? from.length - 1 : from.length);
    return { name: attribute.name, value: to.endsWith('/') && rest.startsWith('/') ? to + rest.slice(1) : to + rest };
  }
}

function attributeOf(text: string): Attribute {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: trimmed(text, 0, text.length), value: null };
  return { name: trimmed(text, 0, equals), value: trimmed(text, equals + 1, text.length) };
}

function is({ name }: Attribute, lower: string): boolean {
  return name.toLowerCase() === lower;
}

function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** On borders of segments. */
function isUnder(path: string, prefix: string): boolean {
  const cut = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path.startsWith(cut) && (path.length === cut.length ? path !== '' : path[cut.length] === '/');
}

/** RFC 6265bis 4.1.3. */
function keepsPromise(name: string, attributes: readonly Attribute[]): boolean {
  const lower = name.toLowerCase();
  const isSecure = attributes.some((each) => is(each, 'secure'));
  if (lower.startsWith('__secure-')) return isSecure;
  if (!lower.startsWith('__host-')) return true;
  return (
    isSecure &&
    !attributes.some((each) => is(each, 'domain')) &&
    attributes.some((each) => is(each, 'path') && each.value === '/')
  );
}
