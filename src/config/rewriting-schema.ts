/** `path`, `setQuery`, `removeQuery`, `request` and `response` of a route. */
import { z } from 'zod';
import type { AnswerEditsSpec, HeaderEditsSpec, RewritingSpec } from '../core/rewriting-spec.ts';
import { key, note } from './described.ts';
import { Mistake, type Problem } from './errors.ts';
import { responseSchema } from './answer-edits-schema.ts';
import { requestSchema, toHeaderEdits } from './header-edits-schema.ts';
import { cureNoMap, listOf, readWith, scalar } from './scalars.ts';
import { parameterTemplate, pathTemplate } from './template-schema.ts';
import { describeValue } from './units.ts';
import { isWrittenMap } from './written.ts';

const parameterName = scalar(
  (value) => {
    if (typeof value !== 'string' || value === '')
      return new Mistake(
        `${describeValue(value)} is not the name of a parameter`,
        'Write a name such as debug, or utm_*.',
      );
    return value.slice(0, -1).includes('*')
      ? new Mistake(`${describeValue(value)} has a * that is not its last character`, 'Put it last.')
      : value;
  },
  { type: 'string', words: 'name' },
);

const parameters = note(
  z
    .record(z.string(), z.unknown(), { error: ({ input }) => cureNoMap(input) })
    .transform((written, context) =>
      Object.entries(written).map(
        ([name, value]) => [name, readWith(parameterTemplate, value, context, [name])] as const,
      ),
    ),
  { type: 'object', additionalProperties: { type: 'string' }, words: 'map: name to text with variables' },
);

/** Of a route that leads to a pool. */
export const rewritingKeys = {
  path: key(pathTemplate.optional(), {
    description:
      'Put in the place of the path on its way to the endpoint; the query stays. `{path.1}` is the first group of `match.path.regex`. A path that would lead out of the folder named here is a 400 `bad-path`. Not together with `stripPrefix` and `replacePrefix`.',
    example: '/new/{path.1}',
    byDefault: 'none',
  }),
  setQuery: key(parameters.optional(), {
    description: 'Parameters of the query that go to the endpoint in the place of all of their name.',
    example: { from: '{client.ip}' },
    byDefault: 'none',
  }),
  removeQuery: key(listOf(parameterName, 'name, or list').optional(), {
    description: 'Parameters of the query that do not go to the endpoint; with `*` at the end all that begin so.',
    example: ['utm_*'],
    byDefault: 'none',
  }),
  request: key(requestSchema.optional(), {
    description:
      'Changes of the header lines that go to the endpoint, in the order remove, rename, replace, default, set, add, whatever order they are written in.',
    example: { set: { 'X-Client': '{client.ip}' } },
    byDefault: 'none',
  }),
  response: key(responseSchema.optional(), {
    description:
      'The same for header lines of answers, those of Fairlead included: errors, and answers without an endpoint.',
    example: { remove: ['Server'] },
    byDefault: 'none',
  }),
};

interface Written {
  readonly path?: string | undefined;
  readonly setQuery?: RewritingSpec['setQuery'] | undefined;
  readonly removeQuery?: readonly string[] | undefined;
  readonly request?: HeaderEditsSpec | undefined;
  readonly response?: AnswerEditsSpec | undefined;
}

function isEmpty(edits: HeaderEditsSpec | undefined): boolean {
  return edits === undefined || Object.values(edits).every((each: unknown) => Array.isArray(each) && each.length === 0);
}

/** No field for what is not written. */
export function toRewriting(written: Written): { rewriting?: RewritingSpec; answerEdits?: AnswerEditsSpec } {
  const { path = '', setQuery = [], removeQuery = [], request, response } = written;
  const isRewriting = path !== '' || setQuery.length > 0 || removeQuery.length > 0 || !isEmpty(request);
  return {
    ...(isRewriting ? { rewriting: { path, setQuery, removeQuery, headers: request ?? toHeaderEdits({}) } } : {}),
    ...(response === undefined || isEmpty(response) ? {} : { answerEdits: response }),
  };
}

const GROUP = /\{path\.([^{}]+)\}/g;

/** `routes` as they were written: templates that name a group which the pattern of their route does not have. */
export function checkGroups(routes: unknown): readonly Problem[] {
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((route: unknown, index) => {
    if (!isWrittenMap(route)) return [];
    const groups = groupsOf(patternOf(route));
    return ['path', 'setQuery', 'request', 'response', 'redirect'].flatMap((name) =>
      textsIn(route[name], [name]).flatMap(([path, text]) =>
        [...text.matchAll(GROUP)]
          .filter(([, group]) => groups?.has(group) === false)
          .map(([variable]) => ({ path: ['routes', index, ...path], mistake: noGroup(variable, groups ?? new Set()) })),
      ),
    );
  });
}

function noGroup(variable: string, groups: ReadonlySet<string>): Mistake {
  const all = [...groups].map((name) => `{path.${name}}`).join(', ');
  return new Mistake(
    `${variable} is no group of this route's pattern`,
    groups.size === 0
      ? "Write match: { path: { regex: '^/old/(.*)$' } }, whose first group it is."
      : `There is ${all}.`,
  );
}

function patternOf(route: Readonly<Record<string, unknown>>): string | null {
  const match = route['match'];
  const path = isWrittenMap(match) ? match['path'] : undefined;
  const regex = isWrittenMap(path) ? path['regex'] : undefined;
  return typeof regex === 'string' ? regex : null;
}

/** Names and numbers of a pattern's groups; null for one that is malformed, which is a mistake of its own. */
function groupsOf(source: string | null): ReadonlySet<string> | null {
  if (source === null) return new Set();
  try {
    const match = new RegExp(`(?:${source})|`).exec('') ?? [''];
    const groups = 'groups' in match ? Object.keys(match.groups ?? {}) : [];
    return new Set([...Array.from({ length: match.length - 1 }, (_, index) => String(index + 1)), ...groups]);
  } catch {
    return null;
  }
}

function textsIn(
  value: unknown,
  path: readonly (string | number)[],
): readonly (readonly [path: readonly (string | number)[], text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  // What `replace` has is no template.
  return Object.entries(value)
    .filter(([name]) => name !== 'replace')
    .flatMap(([name, each]) => textsIn(each, [...path, name]));
}
