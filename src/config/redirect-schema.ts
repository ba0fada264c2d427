/** `redirect`: where a route sends its clients in place of a pool. */
import type { RedirectSpec } from '../core/snapshot.ts';
import { isHostName } from './addresses.ts';
import { key } from './described.ts';
import { Mistake, type Problem } from './errors.ts';
import { count, object, scalar, shortForm, withRule } from './scalars.ts';
import { describeValue } from './units.ts';
import { isWrittenMap } from './written.ts';

type Place = Pick<RedirectSpec, 'base' | 'keepsTarget'>;

const TO_HTTPS: Place = { base: null, keepsTarget: true };
const TARGET = '{target}';
const VARIABLE = /\{[\w.-]*\}/;
/** Scheme, authority, and what is behind it. */
const URL_PARTS = /^(https?):\/\/([^/?#]*)(.*)$/;
const AUTHORITY = /^(.*?)(?::(\d{1,5}))?$/;
/** Visible ASCII that a URL may have as it is. */
const URL_TEXT = /^[!-~]*$/;
const NOT_IN_URLS = /["<>\\^`{|}]/;

const CURE = "Write https for the same place by https, or e.g. 'https://new.example{target}'.";

function parsePlace(value: unknown): Place | Mistake {
  if (typeof value !== 'string') return new Mistake(`a redirect leads to text, not ${describeValue(value)}`, CURE);
  if (value === 'https') return TO_HTTPS;
  const keepsTarget = value.endsWith(TARGET);
  const base = keepsTarget ? value.slice(0, -TARGET.length) : value;
  const mistake = checkVariables(value, base) ?? checkBase(value, base, keepsTarget);
  return mistake ?? { base, keepsTarget };
}

function checkVariables(value: string, base: string): Mistake | null {
  if (base.includes(TARGET))
    return new Mistake(
      '{target} stands last in a redirect, and once',
      "Write what comes before it, e.g. 'https://new.example{target}'.",
    );
  const other = VARIABLE.exec(base);
  if (other !== null)
    return new Mistake(
      `${other[0]} is not built yet in a redirect`,
      'Write {target} at its end for the path and query of the request; https alone keeps the host.',
    );
  if (base !== '') return null;
  return new Mistake(`${describeValue(value)} leads back to itself`, CURE);
}

function checkBase(value: string, base: string, keepsTarget: boolean): Mistake | null {
  const shown = describeValue(value);
  if (base.startsWith('/') ? /^\/[/\\]/.test(base) : !URL_PARTS.test(base))
    return new Mistake(`${shown} is neither https nor a whole URL nor a path`, CURE);
  if (!URL_TEXT.test(base) || NOT_IN_URLS.test(base))
    return new Mistake(`${shown} has characters that no URL has`, 'Write them as escapes, e.g. %20 for a blank.');
  if (keepsTarget && /[?#]/.test(base))
    return new Mistake('{target} has a query of its own', 'Leave out the query and what is behind # in front of it.');
  if (keepsTarget && base.endsWith('/'))
    return new Mistake('{target} begins with a slash', `Write '${base.slice(0, -1)}${TARGET}'.`);
  const [, , authority = null] = URL_PARTS.exec(base) ?? [];
  return authority === null || isAuthority(authority)
    ? null
    : new Mistake(`${shown} names no host that can be asked`, "Write e.g. 'https://new.example{target}'.");
}

function isAuthority(text: string): boolean {
  const [, host = '', port = '1'] = AUTHORITY.exec(text) ?? [];
  const isAddress = /^\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]$/.test(host);
  return (isAddress || isHostName(host)) && Number(port) > 0 && Number(port) <= 65_535;
}

const STATUSES = [301, 302, 307, 308] as const;

const status = scalar(
  (value): RedirectSpec['status'] | Mistake =>
    STATUSES.find((each) => each === value) ??
    new Mistake(
      `${describeValue(value)} is not the status of a redirect`,
      'Use 308 or 301 for good, 307 or 302 for now; 308 and 307 keep method and body.',
    ),
  { enum: STATUSES, words: '`301`, `302`, `307`, `308`' },
);

const redirectMap = withRule(
  object(
    {
      to: key(scalar(parsePlace, { type: 'string', words: '`https`, URL or path' }), {
        description:
          '`https`: the same host, path and query by https. Or a URL, or a path; `{target}` at its end stands for path and query of the request, as they came.',
        example: 'https://new.example{target}',
      }),
      status: key(status.prefault(308), {
        description:
          '308 and 301: for good, and clients remember it. 307 and 302: for now. 308 and 307 keep method and body.',
        example: 301,
      }),
      port: key(count(1, 65_535).prefault(443), {
        description: 'The port of `to: https`; 443 is not written.',
        example: 8443,
      }),
    },
    'Redirect',
  ),
  {
    isKept: ({ to, port }) => port === 443 || typeof to !== 'object' || to.base === null,
    message: 'port is that of `to: https`',
    cure: 'Write it in the URL, behind the host.',
    path: ['port'],
  },
).transform(({ to, status: code, port }): RedirectSpec => ({ status: code, ...to, port }));

/** Where it leads alone, or a map. */
export const redirectSchema = shortForm(
  redirectMap,
  (value) => (typeof value === 'string' ? { to: value } : value),
  scalar(parsePlace, { type: 'string', words: '`https`, URL or path' }),
);

/** The same by https: for requests that came by http alone, or it would lead to itself. */
export function leadsToHttps(redirect: RedirectSpec | undefined): boolean {
  return redirect?.base === null;
}

/** Keys that are for requests that go to a pool. */
const OF_POOLED = [
  ...['policy', 'stripPrefix', 'replacePrefix', 'timeouts', 'retry', 'hedge', 'queueClass', 'deadline', 'upgrades'],
  ...['maxBody', 'longPoll', 'path', 'setQuery', 'removeQuery', 'request'],
];

/** `routes` as they were written: what a redirect does not go together with. */
export function checkRedirects(routes: unknown): readonly Problem[] {
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((route: unknown, index) => {
    if (!isWrittenMap(route) || (route['redirect'] ?? undefined) === undefined) return [];
    const written = ['pool', ...OF_POOLED].filter((name) => (route[name] ?? undefined) !== undefined);
    return written.map((name) => ({ path: ['routes', index, name], atKey: true, mistake: besideRedirect(name) }));
  });
}

function besideRedirect(name: string): Mistake {
  if (name === 'pool') return new Mistake('a route leads to a pool or redirects, not both', 'Keep one of the two.');
  return new Mistake(`${name} is for requests that go to a pool, and this route redirects`, 'Take it out.');
}
