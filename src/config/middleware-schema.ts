/** `middleware`: users' own steps of a route, each by the path of its module or with more said. */
import { fileURLToPath } from 'node:url';
import type { MiddlewareSpec } from '../core/middleware/spec.ts';
import { type SchemaNode, key } from './described.ts';
import { Mistake } from './errors.ts';
import { toPlainData } from './plain-data.ts';
import { duration, listOf, object, oneOf, scalar, shortForm, size } from './scalars.ts';
import { describeValue } from './units.ts';
import { isWrittenMap } from './written.ts';

const CODE = /\.[cm]?[jt]s$/i;
const CURE = 'Write the path of a TypeScript or JavaScript file, e.g. ./tenant.ts.';

const MODULE: SchemaNode = {
  type: 'string',
  pattern: '\\.[cm]?[jt]s$',
  words: 'path of a module',
  tsType: 'string | URL',
};

function parseModule(value: unknown): string | Mistake {
  if (typeof value === 'function')
    return new Mistake('there is a function in place of a module', "Write new URL('./tenant.ts', import.meta.url).");
  const path = value instanceof URL || (typeof value === 'string' && value.startsWith('file:')) ? pathOf(value) : value;
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    return new Mistake(`${describeValue(value)} is not a path`, CURE);
  return CODE.test(path) ? path : new Mistake(`${describeValue(path)} does not end as code does`, CURE);
}

function pathOf(url: string | URL): string | null {
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}

const modulePath = scalar(parseModule, MODULE);

const options = scalar(
  (value): MiddlewareSpec['options'] | Mistake => {
    if (!isWrittenMap(value))
      return new Mistake(`${describeValue(value)} is not a map`, 'Write options by their names.');
    const plain = toPlainData(value);
    return 'problems' in plain ? plain.problems[0].mistake : (plain.value as MiddlewareSpec['options']);
  },
  { type: 'object', words: 'map', tsType: 'Readonly<Record<string, unknown>>' },
);

const middlewareMap = object(
  {
    module: key(modulePath, {
      description: 'The file that exports it; a relative path is so to the file that it is written in.',
      example: './tenant.ts',
    }),
    options: key(options.prefault({}), {
      description: 'What it is told: a module that exports a function gets them, once in each thread.',
      example: { plan: 'free' },
    }),
    onError: key(oneOf(['fail', 'skip']).prefault('fail'), {
      description:
        'Where a hook throws: `fail` answers 500 `middleware-failed`, `skip` goes on as if that hook were not there.',
      example: 'skip',
    }),
    budget: key(duration.prefault('1ms'), {
      description: 'What 99 of 100 calls of a hook should take at most; a warning says when they take more.',
      example: '5ms',
    }),
    maxTime: key(duration.prefault('1s'), {
      description: 'What a hook that returns a promise may take; then the client gets a 500 `middleware-timeout`.',
      example: '200ms',
    }),
    maxBody: key(size.prefault('64KiB'), {
      description: 'The most of a body that it may ask for.',
      example: '1MiB',
    }),
  },
  'Middleware',
).transform(({ module, options: told, onError, budget, maxTime, maxBody }): MiddlewareSpec => ({
  module,
  name: '',
  code: '',
  options: told,
  onError,
  budgetMs: budget,
  maxTimeMs: maxTime,
  maxBodyBytes: maxBody,
}));

const oneMiddleware = shortForm(
  middlewareMap,
  (value) => (isWrittenMap(value) && !(value instanceof URL) ? value : { module: value }),
  MODULE,
);

export const middlewareSchema = listOf(oneMiddleware, 'list of paths or maps');
