import { type ConfigError, formatConfigErrors } from './errors.ts';

/** Modules of middleware that cannot be used. `message` names each mistake, its place and its cure. */
export class MiddlewareError extends Error {
  readonly code = 'FL_MIDDLEWARE';
  override readonly name = 'MiddlewareError';
  /** The same, one by one, with their places in the modules; at least one. */
  readonly errors: readonly ConfigError[];

  constructor(errors: readonly ConfigError[]) {
    super(formatConfigErrors(errors));
    this.errors = errors;
  }
}

/** What it says of modules; null: it is another error. For those who have not loaded the class. */
export function middlewareMistakes(error: unknown): readonly ConfigError[] | null {
  return error instanceof Error && 'code' in error && error.code === 'FL_MIDDLEWARE'
    ? (error as MiddlewareError).errors
    : null;
}
