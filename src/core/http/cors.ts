/**
 * Cross-origin requests (Fetch, "HTTP-CORS protocol"): which origins may read a route's answers, and what a browser that
 * asks before it sends (a preflight) is told. Header values come from the config, or have been checked: none ends a line.
 */
import type { CorsSpec } from '../snapshot.ts';

/** Scheme, host (of IPv6 in brackets) and port of an origin. */
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^\s/?#:@,]+)(?::([0-9]{1,5}))?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };
/** What `*` stands for: whole labels of a host, one or several. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No wildcard of Fetch covers it, and neither does ours. */
const AUTHORIZATION = 'authorization';

/** An origin as it is compared: in lower case, without the port that its scheme has anyway. Null: it is none. */
export function normalOrigin(text: string): string | null {
  const lower = text.toLowerCase();
  if (lower === 'null') return lower;
  const found = ORIGIN.exec(lower);
  if (found === null) return null;
  const [, scheme, host, port] = found;
  return port === undefined || port === DEFAULT_PORTS[scheme] ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}

/** Whether a page of this origin came from the host that it asks now, by either scheme. Both in normal form but `authority`. */
function isOwnOrigin(origin: string, authority: string): boolean {
  const at = origin.indexOf('://');
  if (at < 0 || authority === '') return false;
  return origin === normalOrigin(`${origin.slice(0, at)}://${authority}`);
}

interface Wildcard {
  readonly start: string;
  readonly end: string;
}

export class Cors {
  readonly #isAny: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #wildcards: readonly Wildcard[];
  readonly #takesAnyHeader: boolean;
  readonly #headers: ReadonlySet<string>;
  /** Behind Access-Control-Allow-Origin: of every answer, and of one to a preflight. */
  readonly #credentials: string;
  readonly #exposed: string;
  readonly #methods: string;
  readonly #maxAge: string;

  constructor({ origins, credentials, methods, headers, anyHeader, expose, maxAgeSeconds }: CorsSpec) {
    this.#isAny = origins === 'any';
    const listed = origins === 'any' ? [] : origins;
    this.#origins = new Set(listed.filter((origin) => !origin.includes('*')));
    this.#wildcards = listed
      .filter((origin) => origin.includes('*'))
      .map((origin) => ({ start: origin.slice(0, origin.indexOf('*')), end: origin.slice(origin.indexOf('*') + 1) }));
    this.#takesAnyHeader = anyHeader;
    this.#headers = new Set(headers.map((name) => name.toLowerCase()));
    this.#credentials = credentials ? 'Access-Control-Allow-Credentials: true\r\n' : '';
    this.#exposed = expose.length === 0 ? '' : `Access-Control-Expose-Headers: ${expose.join(', ')}\r\n`;
    this.#methods = methods.length === 0 ? '' : `Access-Control-Allow-Methods: ${methods.join(', ')}\r\n`;
    this.#maxAge = `Access-Control-Max-Age: ${maxAgeSeconds}\r\n`;
  }

  /** `origin`: as it came. */
  allows(origin: string): boolean {
    if (this.#isAny) return true;
    const normal = normalOrigin(origin);
    return normal !== null && (this.#origins.has(normal) || this.#wildcards.some((each) => matches(normal, each)));
  }

  /** Neither in the list nor the host's own. */
  isForeign(origin: string, authority: string): boolean {
    if (this.allows(origin)) return false;
    const normal = normalOrigin(origin);
    return normal === null || !isOwnOrigin(normal, authority);
  }

  /** Header lines of an answer to anything but a preflight. `origin` null: the request names none, or several. */
  answerLines(origin: string | null): string {
    if (this.#isAny) return `Access-Control-Allow-Origin: *\r\n${this.#exposed}`;
    if (origin === null || !this.allows(origin)) return 'Vary: Origin\r\n';
    return `Access-Control-Allow-Origin: ${origin}\r\n${this.#credentials}${this.#exposed}Vary: Origin\r\n`;
  }

  /** Those of the answer to a preflight. `asked`: the values of Access-Control-Request-Headers. */
  preflightLines(origin: string | null, asked: readonly string[]): string {
    const vary = 'Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n';
    if (origin === null || !this.allows(origin)) return vary;
    const allowed = this.#isAny ? '*' : origin;
    return `Access-Control-Allow-Origin: ${allowed}\r\n${this.#credentials}${this.#methods}${this.#headerLine(asked)}${this.#maxAge}${vary}`;
  }

  /** Of those that are asked for, the ones that may come, each once. */
  #headerLine(asked: readonly string[]): string {
    const names = new Set(asked.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase()));
    const allowed = [...names].filter((name) => this.#takes(name));
    return allowed.length === 0 ? '' : `Access-Control-Allow-Headers: ${allowed.join(', ')}\r\n`;
  }

  #takes(name: string): boolean {
    return (
      this.#headers.has(name) || (this.#takesAnyHeader && name !== AUTHORIZATION && name !== '*' && TOKEN.test(name))
    );
  }
}

function matches(origin: string, { start, end }: Wildcard): boolean {
  if (origin.length <= start.length + end.length || !origin.startsWith(start) || !origin.endsWith(end)) return false;
  return LABELS.test(origin.slice(start.length, origin.length - end.length));
}
