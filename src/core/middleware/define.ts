/** What the module of a middleware is written with; it is all that the threads load of the package for it. */
import type { CreateMiddleware, Middleware } from './types.ts';

export { BodyTooLarge } from './body-too-large.ts';
export { MiddlewareAnswer, respond } from './answer.ts';

/**
 * The same middleware, with its types; or the same function, which makes one of the `options` of the config. It does
 * nothing at run time. A module exports it as its default.
 *
 * @example
 * import { defineMiddleware, respond } from 'fairlead';
 *
 * export default defineMiddleware({
 *   name: 'tenant',
 *   onRequest(request) {
 *     if (request.header('x-tenant') === null) return respond(400, 'no tenant');
 *     request.headers.set('X-Plan', 'free');
 *   },
 * });
 */
export function defineMiddleware(middleware: Middleware): Middleware;
export function defineMiddleware<Options = Readonly<Record<string, unknown>>>(
  create: CreateMiddleware<Options>,
): CreateMiddleware<Options>;
export function defineMiddleware<Options>(
  middleware: Middleware | CreateMiddleware<Options>,
): Middleware | CreateMiddleware<Options> {
  return middleware;
}
