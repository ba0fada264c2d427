/** `middleware`: users' own steps of a route, in the order in which they are written. */
import type { CreateStep } from '../../http/steps/route-steps.ts';
import { MiddlewareStep } from './middleware-step.ts';

export const createMiddleware: CreateStep = ({ id, middleware = [] }, host) => {
  const { modules } = host;
  if (modules === null) throw new Error(`route ${id}: the modules of its middleware were not imported`);
  return middleware.map((spec) => new MiddlewareStep(spec, host, modules));
};
