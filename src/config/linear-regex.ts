/**
 * Regular expressions from config must run in linear time: a pattern such as `^/(a+)+$` held the loop for
 * eleven seconds on one request. V8's linear engine has to accept the pattern (`check-linear.ts`); matching itself
 * uses the ordinary engine, which falls back to the linear one when it backtracks too much.
 */
import { setFlagsFromString } from 'node:v8';
import type { RouteConfig } from './config.ts';

const FLAGS = [
  '--enable-experimental-regexp-engine',
  '--enable-experimental-regexp-engine-on-excessive-backtracks',
  '--regexp-backtracks-before-fallback=10000',
];

let isEnabled = false;

/**
 * Turns the linear engine and the fallback to it on, for the whole process; idempotent. The command line calls
 * it first thing; parsing a config with a pattern does so too, before any worker starts.
 */
export function enableLinearRegex(): void {
  if (isEnabled) return;
  isEnabled = true;
  for (const flag of FLAGS) setFlagsFromString(flag);
}

/** The same where a route has a pattern; threads that run already heed it in every expression made from then on. */
export function enableLinearRegexFor(routes: readonly Pick<RouteConfig, 'match'>[]): void {
  if (routes.some(({ match }) => match.path?.kind === 'regex')) enableLinearRegex();
}
