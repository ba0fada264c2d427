/** What routes make of requests and answers on their way. */

/** What a route makes of a request beside its prefix. Values are templates (`http/template.ts`) as they were written. */
export interface RewritingSpec {
  /** Put in the place of the path; `''`: it stays. */
  readonly path: string;
  /** Parameters of the query, each in the place of all of its name. */
  readonly setQuery: readonly (readonly [name: string, value: string])[];
  /** Names of parameters that go out, with `*` at the end those that begin so. */
  readonly removeQuery: readonly string[];
  readonly headers: HeaderEditsSpec;
}

/** Changes of header lines, in the order in which they are made. Names as they are to be written. */
export interface HeaderEditsSpec {
  readonly remove: readonly string[];
  readonly rename: readonly (readonly [from: string, to: string])[];
  /** What a pattern finds in values is replaced by a text, `$1` in it by the first group. */
  readonly replace: readonly (readonly [name: string, pattern: string, by: string])[];
  /** Values are templates. */
  readonly default: readonly (readonly [name: string, value: string])[];
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
}

/** The same of answers, and what moved applications need. A field that is left out changes nothing. */
export interface AnswerEditsSpec extends HeaderEditsSpec {
  /** URLs that name the endpoint lead back to where the client came, with the prefix that was taken off. */
  readonly location?: true;
  readonly cookies?: CookieRulesSpec;
  /** Headers that are written where there is none of the name; the first of all by TLS alone. */
  readonly security?: readonly (readonly [name: string, value: string])[];
}

/** What becomes of the cookies that servers set. */
export interface CookieRulesSpec {
  /** By domains in lower case without a dot in front; `''`: the attribute goes. */
  readonly domain: readonly (readonly [from: string, to: string])[];
  /** By prefixes on borders of segments. */
  readonly path: readonly (readonly [from: string, to: string])[];
  /** Null: as it came. */
  readonly sameSite: 'Lax' | 'Strict' | 'None' | null;
  readonly secure: boolean | null;
  readonly httpOnly: boolean | null;
  /** Names of those it is for, with `*` at the end all that begin so. */
  readonly only: readonly string[];
}

/** What `security: on` writes. The first is for TLS alone: a browser would not believe it elsewhere. */
export const SECURITY = {
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Content-Security-Policy': "frame-ancestors 'self'",
} as const;
