/** `request` and `response` of a route: what is made of header lines. */
import { z } from 'zod';
import { isUntouchableInRequests, isUntouchableInResponses } from '../core/http/untouchable.ts';
import type { HeaderEditsSpec } from '../core/rewriting-spec.ts';
import { checkLinear } from './check-linear.ts';
import { key, note, notesOf } from './described.ts';
import { Mistake } from './errors.ts';
import { TOKEN, cureNoMap, listOf, object, readWith, scalar } from './scalars.ts';
import { fieldTemplate } from './template-schema.ts';
import { describeValue } from './units.ts';

export type Side = 'request' | 'response';

/** Who says what nobody edits. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^host$/, 'pools.*.host says which host endpoints get.'],
  [
    /^(?:x-forwarded-.*|forwarded)$/,
    'Fairlead writes it; trustedProxies says whose own is kept, headers.forwarded whether Forwarded is written.',
  ],
  [/^via$/, 'headers.via says whether it is written.'],
  [/^x-request-id$/, "Fairlead writes it, and keeps the client's own; {request.id} stands for it in other headers."],
  [/^client-cert(?:-chain)?$/, 'listeners.*.tls.clientCertificate.forward says whether it is written.'],
  [/^upgrade$/, 'upgrades says which protocols pass.'],
  [/^(?:date|fairlead-error)$/, 'It says whose answer this is, and when. Write another one.'],
];

function checkName(name: string, side: Side): Mistake | null {
  if (!TOKEN.test(name))
    return new Mistake(`${describeValue(name)} is not the name of a header`, 'Write a name such as X-Tenant.');
  const lower = name.toLowerCase();
  const isOurs = side === 'request' ? isUntouchableInRequests(lower) : isUntouchableInResponses(lower);
  if (!isOurs) return null;
  const instead = INSTEAD.find(([names]) => names.test(lower.replaceAll('_', '-')));
  return new Mistake(
    `${name} is not a route's to change`,
    instead?.[1] ?? 'It belongs to the connection, or to the end of the message. Take it out.',
  );
}

function nameSchema(side: Side) {
  return scalar(
    (value) =>
      typeof value === 'string'
        ? (checkName(value, side) ?? value)
        : new Mistake(`the name of a header is text, not ${describeValue(value)}`, 'Write a name such as X-Tenant.'),
    { type: 'string', pattern: TOKEN.source, words: 'name' },
  );
}

/** A map of names of headers, as pairs in the order of the file. */
function byName<T extends z.ZodType>(side: Side, value: T, words: string) {
  const map = z.record(z.string(), z.unknown(), { error: ({ input }) => cureNoMap(input) });
  const pairs = map.transform((written, context): readonly (readonly [name: string, value: z.output<T>])[] =>
    Object.entries(written).map(([name, each]) => {
      const mistake = checkName(name, side);
      if (mistake !== null)
        context.issues.push({
          code: 'custom',
          message: mistake.message,
          params: { cure: mistake.cure, isRule: true },
          input: each,
          path: [name],
        });
      return [name, readWith(value, each, context, [name])];
    }),
  );
  return note(pairs, { type: 'object', additionalProperties: notesOf(value), words });
}

const CURE = "Write e.g. ['track=[^;]*;? ?', '']: a pattern, and what stands in its place.";

const replacement = scalar(
  (value): readonly [pattern: string, by: string] | Mistake => {
    if (!Array.isArray(value) || value.length !== 2 || !value.every((each) => typeof each === 'string'))
      return new Mistake(`${describeValue(value)} is not a pattern and a text`, CURE);
    const [pattern, by] = value as [string, string];
    const mistake = checkLinear(pattern);
    if (mistake !== null) return mistake;
    if (/\$[`']/.test(by.replaceAll('$$', '')))
      return new Mistake(
        "$` and $' repeat the rest of the value each time",
        'Use $1 for the first group, $& for all that was found.',
      );
    return /^[\t -~]*$/.test(by)
      ? [pattern, by]
      : new Mistake(`${describeValue(by)} can stand in no header`, 'Use visible ASCII characters.');
  },
  {
    type: 'array',
    items: { type: 'string' },
    words: 'pattern and text',
    tsType: 'readonly [pattern: string, by: string]',
  },
);

/** The keys of one side, in the order in which they work. */
export function headerEditKeys(side: Side) {
  const of = side === 'request' ? 'requests' : 'answers';
  const values = byName(side, fieldTemplate, 'map: name to text with variables');
  return {
    remove: key(listOf(nameSchema(side), 'name, or list').optional(), {
      description: `Headers that go out of its ${of}: every line of the name, in any case.`,
      example: side === 'request' ? ['X-Debug'] : ['Server'],
      byDefault: 'none',
    }),
    rename: key(byName(side, nameSchema(side), 'map: name to name').optional(), {
      description: 'Headers that get another name.',
      example: { 'X-Old': 'X-New' },
      byDefault: 'none',
    }),
    replace: key(byName(side, replacement, 'map: name to pattern and text').optional(), {
      description:
        'In the values of a header, everything that a pattern finds is replaced by a text; `$1` is its first group, `$&` all of it. The pattern runs in linear time, as that of `match.path`. A line that becomes empty goes.',
      example: { Cookie: ['track=[^;]*;? ?', ''] },
      byDefault: 'none',
    }),
    default: key(values.optional(), {
      description: 'Headers that are written where there is none of the name.',
      example: side === 'request' ? { 'X-Plan': 'free' } : { 'Cache-Control': 'no-cache' },
      byDefault: 'none',
    }),
    set: key(values.optional(), {
      description: 'Headers that are written in the place of all of their name. An empty value writes none.',
      example: side === 'request' ? { 'X-Client': '{client.ip}' } : { 'X-Request-Id': '{request.id}' },
      byDefault: 'none',
    }),
    add: key(values.optional(), {
      description: 'Headers that are written beside those of their name.',
      example: side === 'request' ? { 'X-Seen-By': '{listener}' } : { 'Set-Cookie': 'seen=1' },
      byDefault: 'none',
    }),
  };
}

type Written = Readonly<{
  remove?: readonly string[] | undefined;
  rename?: HeaderEditsSpec['rename'] | undefined;
  replace?: readonly (readonly [name: string, pair: readonly [pattern: string, by: string]])[] | undefined;
  default?: HeaderEditsSpec['default'] | undefined;
  set?: HeaderEditsSpec['set'] | undefined;
  add?: HeaderEditsSpec['add'] | undefined;
}>;

export function toHeaderEdits({
  remove = [],
  rename = [],
  replace = [],
  set = [],
  add = [],
  ...rest
}: Written): HeaderEditsSpec {
  return {
    remove,
    rename,
    replace: replace.map(([name, [pattern, by]]) => [name, pattern, by]),
    default: rest.default ?? [],
    set,
    add,
  };
}

export const requestSchema = object(headerEditKeys('request'), 'RequestEdits').transform(toHeaderEdits);
