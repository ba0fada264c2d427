/** Runs the hooks of one middleware for one request: no sockets, no config, and a clock that stands still. */
import { readMiddleware } from '../core/middleware/read-middleware.ts';
import type { CreateMiddleware, Middleware } from '../core/middleware/types.ts';
import { createHookFigures } from '../core/shared/hook-figures.ts';
import { MiddlewareStep } from '../steps/middleware/middleware-step.ts';
import { GivenRequest } from './given-request.ts';
import { GivenResponse } from './given-response.ts';
import { headersOf } from './header-map.ts';

/** What a client sends. */
export interface MiddlewareTestRequest<Options> {
  /** Default: GET. */
  readonly method?: string;
  /** Path and query. Default: `/`. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: string | Uint8Array;
  /** The client's address. Default: 192.0.2.1. */
  readonly client?: string;
  /** For a middleware that is made of options. */
  readonly options?: Options;
  /** What the endpoint answers, where `onResponse` is to be asked. */
  readonly response?: MiddlewareTestResponse;
}

export interface MiddlewareTestResponse {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: empty. A list comes piece by piece. */
  readonly body?: string | readonly string[];
}

/** A message as it left the middleware; names of headers in lower case, several lines of one joined by `, `. */
export interface MiddlewareTestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface MiddlewareTestOutcome {
  /** What goes to the endpoint, as far as it is the client's or the middleware's; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly target: string;
  /** What the middleware answered in place of an endpoint; null: the request passed. */
  readonly answer: MiddlewareTestAnswer | null;
  /** What the client gets of `response`; null where there was none, or the request did not pass. */
  readonly response: MiddlewareTestAnswer | null;
}

const MOST_BYTES = 2 ** 24;

/**
 * Asks a middleware about a request, and about the answer to it. Rejects with whatever a hook throws. `maxTime` and
 * `budget` are not looked at.
 *
 * @example
 * const { headers, answer } = await runMiddleware(tenant, { headers: { 'x-tenant': 'a' } });
 */
export async function runMiddleware<Options = Readonly<Record<string, unknown>>>(
  given: Middleware | CreateMiddleware<Options>,
  request: MiddlewareTestRequest<Options> = {},
): Promise<MiddlewareTestOutcome> {
  const middleware = await readMiddleware(given, request.options ?? {});
  const failures: unknown[] = [];
  const step = stepOf(middleware, (error) => failures.push(error));
  const asked = new GivenRequest(request);
  await asked.decide(step);
  if (failures.length > 0) throw failures[0];
  const passed = asked.answered === null && asked.fault === null;
  const response = passed && request.response !== undefined ? new GivenResponse(asked, request.response) : null;
  response?.pass(step);
  if (failures.length > 0) throw failures[0];
  return {
    headers: headersOf(asked.lines),
    target: asked.request.target,
    answer: asked.said,
    response: response === null ? null : response.said,
  };
}

function stepOf(middleware: Middleware, onFailed: (error: unknown) => void): MiddlewareStep {
  const figures = createHookFigures(1);
  const options = { onError: 'fail', budgetMs: Infinity, maxTimeMs: Infinity, maxBodyBytes: MOST_BYTES } as const;
  const spec = { module: '', name: middleware.name, code: '', options: {}, figures, ...options };
  const modules = { of: () => middleware, failed: (_spec: unknown, _name: string, error: unknown) => onFailed(error) };
  return new MiddlewareStep(spec, { worker: 0, clock: { now: () => 0, freshNow: () => 0 } }, modules);
}
