/** `response` of a route: header lines of its answers, and what applications need that are reached at another place. */
import { z } from 'zod';
import { SECURITY } from '../core/rewriting-spec.ts';
import type { AnswerEditsSpec, CookieRulesSpec } from '../core/rewriting-spec.ts';
import { isHostName } from './addresses.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { headerEditKeys, toHeaderEdits } from './header-edits-schema.ts';
import { FIELD_VALUE, TOKEN, cureNoMap, isOff, listOf, object, oneOf, readWith, scalar, toggle } from './scalars.ts';
import { describeValue } from './units.ts';

type Pairs = readonly (readonly [string, string])[];

/** A map from texts to texts, both looked at. */
function pairs(toFrom: (text: string) => string | Mistake, toValue: (text: string) => string | Mistake, words: string) {
  const value = scalar(
    (each) =>
      typeof each === 'string'
        ? toValue(each)
        : new Mistake(`a value is text, not ${describeValue(each)}`, 'Write text.'),
    { type: 'string' },
  );
  const map = z.record(z.string(), z.unknown(), { error: ({ input }) => cureNoMap(input) });
  const read = map.transform((written, context): Pairs =>
    Object.entries(written).map(([name, each]) => {
      const from = toFrom(name);
      if (from instanceof Mistake)
        context.issues.push({
          code: 'custom',
          message: from.message,
          params: { cure: from.cure, isRule: true },
          input: each,
          path: [name],
        });
      return [from instanceof Mistake ? name : from, readWith(value, each, context, [name])];
    }),
  );
  return note(read, { type: 'object', additionalProperties: { type: 'string' }, words });
}

function domain(text: string): string | Mistake {
  const plain = text.toLowerCase().replace(/^\./, '');
  return isHostName(plain) || /^[0-9.]+$/.test(plain)
    ? plain
    : new Mistake(`${describeValue(text)} is no domain`, 'Write a name such as origin.internal.');
}

function cookiePath(text: string): string | Mistake {
  return /^\/[!-:<-~]*$/.test(text)
    ? text
    : new Mistake(
        `${describeValue(text)} is no path of a cookie`,
        'Write a path that begins with a slash, e.g. /app/.',
      );
}

const cookieName = scalar(
  (value) =>
    typeof value === 'string' && TOKEN.test(value)
      ? value
      : new Mistake(`${describeValue(value)} is not the name of a cookie`, 'Write a name, or e.g. app_*.'),
  { type: 'string', words: 'name' },
);

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const;

const cookiesSchema = object(
  {
    domain: key(pairs(domain, (to) => (to === '' ? to : domain(to)), 'map: domain to domain').optional(), {
      description:
        'The domains of cookies, and what they are called for clients; an empty text takes the attribute out.',
      example: { 'origin.internal': 'public.example' },
      byDefault: 'none',
    }),
    path: key(pairs(cookiePath, cookiePath, 'map: path to path').optional(), {
      description:
        'The front of the paths of cookies, on borders of segments, and what stands there for clients. The longest counts.',
      example: { '/': '/app/' },
      byDefault: 'none',
    }),
    sameSite: key(oneOf(['lax', 'strict', 'none']).optional(), {
      description: 'Written in the place of what the server says; `none` brings `Secure` with it.',
      example: 'lax',
      byDefault: "the server's",
    }),
    secure: key(toggle.optional(), {
      description: 'Whether they have `Secure`.',
      example: 'on',
      byDefault: "the server's",
    }),
    httpOnly: key(toggle.optional(), {
      description: 'Whether they have `HttpOnly`.',
      example: 'on',
      byDefault: "the server's",
    }),
    only: key(listOf(cookieName, 'name, or list').optional(), {
      description: 'The cookies that all of this is for; with `*` at the end all that begin so.',
      example: ['session', 'app_*'],
      byDefault: 'all of them',
    }),
  },
  'CookieRules',
).transform(({ sameSite, secure, httpOnly, only, ...maps }): CookieRulesSpec => ({
  domain: maps.domain ?? [],
  path: maps.path ?? [],
  sameSite: sameSite === undefined ? null : SAME_SITE[sameSite],
  secure: secure ?? null,
  httpOnly: httpOnly ?? null,
  only: only ?? ['*'],
}));

type Security = NonNullable<AnswerEditsSpec['security']>;

/** `on`, or a map of those that differ; null: off. */
function readSecurity(value: unknown): Security | null | Mistake {
  if (isOff(value)) return null;
  const names = Object.keys(SECURITY) as readonly (keyof typeof SECURITY)[];
  if (value === 'on' || value === true) return names.map((name) => [name, SECURITY[name]]);
  const cure = `Write on, or a map of ${names.join(', ')}, each with a text or off.`;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Mistake(`${describeValue(value)} is neither on nor a map`, cure);
  const written = new Map(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each as unknown]));
  const unknown = Object.keys(value).find((name) => !names.some((each) => each.toLowerCase() === name.toLowerCase()));
  if (unknown !== undefined) return new Mistake(`${unknown} is none of the security headers`, cure);
  const result: [string, string][] = [];
  for (const name of names) {
    const each = written.get(name.toLowerCase()) ?? SECURITY[name];
    if (isOff(each)) continue;
    if (typeof each !== 'string' || each === '' || !FIELD_VALUE.test(each))
      return new Mistake(`${describeValue(each)} can stand in no header`, cure);
    result.push([name, each]);
  }
  return result;
}

const securitySchema = scalar(readSecurity, {
  anyOf: [
    { enum: ['on', 'off', true, false] },
    { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { const: false }] } },
  ],
  words: '`on`, `off`, or map',
});

export const responseSchema = object(
  {
    ...headerEditKeys('response'),
    location: key(oneOf(['auto', 'off']).prefault('off'), {
      description:
        '`auto`: Location, Content-Location and Refresh that name the endpoint, by its address or as `pools.*.host`, lead to where the client came; a prefix that `stripPrefix` or `replacePrefix` has changed is put back.',
      example: 'auto',
    }),
    cookies: key(cookiesSchema.optional(), {
      description: 'What becomes of the cookies that servers set, attribute by attribute.',
      example: { path: { '/': '/app/' } },
      byDefault: 'none',
    }),
    security: key(securitySchema.prefault('off'), {
      description:
        "`on`: headers that make browsers careful, where the server has not said them: Strict-Transport-Security `max-age=31536000` (by TLS alone), X-Content-Type-Options `nosniff`, Referrer-Policy `strict-origin-when-cross-origin`, Content-Security-Policy `frame-ancestors 'self'`. A map says another value for one, or `off`.",
      example: 'on',
    }),
  },
  'ResponseEdits',
).transform(({ location, cookies, security, ...edits }): AnswerEditsSpec => ({
  ...toHeaderEdits(edits),
  ...(location === 'auto' ? { location: true as const } : {}),
  ...(cookies === undefined ? {} : { cookies }),
  ...(security === null || security.length === 0 ? {} : { security }),
}));
