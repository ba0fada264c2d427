/** What zod found, in our words. */
import type { z } from 'zod';
import { type Problem, Mistake } from './errors.ts';
import { describeValue } from './units.ts';

/** How to write a key that has to be there. */
const EXAMPLES: Readonly<Record<string, string>> = {
  rate: 'rate: 100/s',
  certificates: 'certificates: example.com.pem',
  ca: 'ca: clients.pem',
  address: 'address: 127.0.0.1:8080',
  endpoints: 'endpoints: [localhost:8081]',
  pool: 'pool: web',
  to: 'to: https',
  regex: 'regex: ^/img/',
  prefix: 'prefix: /v1',
  by: 'by: /v2',
  hash: 'hash: client',
  delay: 'delay: p95',
  header: 'header: X-Request-Timeout',
  from: 'from: [10.0.0.0/8]',
  version: 'version: 2',
  port: 'port: 8081',
  file: 'file: /var/log/fairlead/access.log',
  present: 'present: true',
  terms: 'terms: agreed',
};

const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  array: ['a list', 'Write a list, e.g. [a, b].'],
  string: ['text', 'Write text; put it in quotes where it looks like something else.'],
};

const MISSING = 'the key is missing';

/** `value` is what was parsed, at `path` in the config. */
export function toProblems(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  path: readonly (string | number)[],
): readonly Problem[] {
  const problems = issues.flatMap((issue): readonly Problem[] => {
    const inner = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
    const at = [...path, ...inner];
    if (issue.code === 'unrecognized_keys') return unknownKeys(issue, at);
    return [{ path: at, mistake: toMistake(issue, valueAt(value, inner), at) }];
  });
  // A key under another name is also reported as missing; once is enough.
  const meant = new Set(problems.map((problem) => placeOf(problem.path, keyMeant(problem))));
  return problems.filter(
    (problem) => problem.mistake.message !== MISSING || !meant.has(placeOf(problem.path, problem.path.at(-1))),
  );
}

/** The key that was meant by an unknown one, according to its cure; null: that is not known, or the key is known. */
export function keyMeant({ atKey, mistake }: Problem): string | null {
  const found = atKey === true ? /^(?:Did you mean "([^"]+)"\?|Write (\w+)\b)/.exec(mistake.cure) : null;
  return found?.[1] ?? found?.[2] ?? null;
}

function placeOf(path: readonly (string | number)[], key: string | number | null | undefined): string {
  return JSON.stringify([path.slice(0, -1), key]);
}

/** The schema wrote the cures: a line for each key. */
function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, path: readonly (string | number)[]): readonly Problem[] {
  const cures = issue.message.split('\n');
  return issue.keys.map((key, i) => {
    return { path: [...path, key], atKey: true, mistake: new Mistake('there is no such key', cures[i]) };
  });
}

function toMistake(issue: z.core.$ZodIssue, value: unknown, path: readonly (string | number)[]): Mistake {
  const isRule = issue.code === 'custom' && issue.params?.['isRule'] === true;
  if (value === undefined && !isRule) return missing(String(path.at(-1) ?? ''));
  if (issue.code === 'custom') return new Mistake(issue.message, String(issue.params?.['cure'] ?? 'Mend the value.'));
  if (issue.code === 'invalid_type') {
    const isMap = issue.expected === 'object' || issue.expected === 'record';
    // The schema wrote the cure.
    if (isMap) return new Mistake(`this has to be a map, not ${describeValue(value)}`, issue.message);
    const [kind, cure] = KINDS[issue.expected] ?? [issue.expected, 'Write such a value.'];
    return new Mistake(`this has to be ${kind}, not ${describeValue(value)}`, cure);
  }
  return new Mistake(`${describeValue(value)} is not possible here`, 'Mend the value.');
}

function missing(key: string): Mistake {
  return new Mistake(MISSING, `Add it, e.g. ${EXAMPLES[key] ?? key}.`);
}

/** Follows a path in the words of the long forms through a value that may be written in a short one. */
function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const segment of path) {
    if (Array.isArray(at)) {
      const items: readonly unknown[] = at;
      if (typeof segment === 'number') at = items[segment];
    } else if (typeof at === 'object' && at !== null && typeof segment === 'string') {
      if (!Object.hasOwn(at, segment)) return undefined;
      at = (at as Readonly<Record<string, unknown>>)[segment];
    }
  }
  return at;
}
