/** Redirects of other programs as those of a route. */
import type { RedirectInput, RouteInput } from '../config/config-input.ts';
import { lacking } from './features.ts';

export type Redirect = NonNullable<RouteInput['redirect']>;

/** Where clients are sent. */
export interface Sent {
  /** Who came by http. */
  readonly http: Redirect;
  /** Who came by https; null: it would lead to itself. */
  readonly https: Redirect | null;
  /** Where the other program writes something else. */
  readonly differences: readonly string[];
}

export const OF_ITSELF = 'it leads back to itself';
/** What becomes of requests whose redirect cannot be said: no server is to get them instead. */
export const ARE_CLOSED = 'its requests get 502';
export const SERVED =
  'what it redirects is served as it came; redirect: https looks at how a client came, also at what a proxy of trustedProxies says';
export const IN_CLEAR =
  'what it sends to https is served as it came, also in the clear; write a route with redirect: https for its paths';
export const AS_CAME = 'path and query go on as they came; nginx writes the path anew from its normal form';
const NO_PORT = 'the host in it goes without the port that the client writes';

const STATUSES: ReadonlySet<number> = new Set([301, 302, 307, 308]);
const TARGET = /(?:\{request_uri\}|\{uri\}\{is_args\}\{(?:args|query_string)\})$/;

/** Where `text` leads, with variables as nginx names them, in braces. Or why that cannot be said. */
export function placesOf(text: string, status: number, known: readonly string[]): Sent | string {
  if (!STATUSES.has(status)) return lacking('redirects');
  const target = TARGET.exec(text)?.[0] ?? '';
  const base = text.slice(0, text.length - target.length);
  const differences = [...known, ...(target.startsWith('{uri}') ? [AS_CAME] : [])];
  const secured = /^https:\/\/\{(host|http_host)\}(?::(\d{1,5}))?$/i.exec(base);
  if (secured !== null && target !== '') {
    const [, host, port] = secured;
    const http = redirectTo('https', status, port);
    return { http, https: null, differences: host === 'host' ? differences : [...differences, NO_PORT] };
  }
  const here = base.replace(/^\{scheme\}:\/\/\{http_host\}/, '');
  const [http, https] = ['http', 'https'].map((scheme) => here.replace(/^\{scheme\}(?=:)/, scheme));
  if (here === '') return OF_ITSELF;
  if (/[{}]/.test(http)) return lacking('redirects');
  const end = target === '' ? '' : '{target}';
  return { http: redirectTo(http + end, status), https: redirectTo(https + end, status), differences };
}

/** As a config writes it. `port` is that of `to: https`. */
function redirectTo(to: string, status: number, port?: string): Redirect {
  const isUsualPort = port === undefined || port === '443';
  if (status === 308 && isUsualPort) return to;
  const written = { to, ...(status === 308 ? {} : { status }), ...(isUsualPort ? {} : { port: Number(port) }) };
  return written as RedirectInput;
}

function placeOf(redirect: Redirect): string {
  return typeof redirect === 'string' ? redirect : redirect.to;
}

/** To the same by https, which is for requests that came by http alone. */
export function isToHttps(redirect: Redirect | undefined): boolean {
  return redirect !== undefined && placeOf(redirect) === 'https';
}

/** By https, there or elsewhere: what it takes must not be served in the clear. */
export function isToSecure(redirect: Redirect): boolean {
  return /^https(?::|$)/i.test(placeOf(redirect));
}
