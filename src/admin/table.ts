/** Every operation of the admin API, and which of them a request means. */
import { banOperations } from './operations/bans.ts';
import { endpointOperations } from './operations/endpoints.ts';
import { poolOperations } from './operations/pools.ts';
import { statusOperations } from './operations/status.ts';
import type { Operation } from './operation.ts';
import { Problem } from './problem.ts';

export const OPERATIONS: readonly Operation[] = [
  ...statusOperations,
  ...poolOperations,
  ...endpointOperations,
  ...banOperations,
];

export interface FoundOperation {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** A path that exists, asked by another method. */
export class MethodNotAllowed extends Problem {
  readonly allow: string;

  constructor(methods: readonly string[]) {
    super(405, 'method-not-allowed', `this is asked by ${methods.join(' or ')}`);
    this.allow = methods.join(', ');
  }
}

/** `path` without its query. Throws a {@link Problem}. */
export function findOperation(method: string, path: string): FoundOperation {
  const segments = path.split('/').map(decode);
  const found = OPERATIONS.flatMap((operation) => {
    const params = match(operation.path.split('/'), segments);
    return params === null ? [] : [{ operation, params }];
  });
  if (found.length === 0) throw new Problem(404, 'no-such-path', 'there is nothing at this path');
  const meant = found.find(({ operation }) => operation.method === method);
  if (meant === undefined) throw new MethodNotAllowed([...new Set(found.map(({ operation }) => operation.method))]);
  return meant;
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name !== undefined) params[name] = segments[index];
    else if (part !== segments[index]) return null;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Problem(400, 'bad-path', 'the path has a bad escape');
  }
}
