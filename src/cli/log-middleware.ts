/** What users' own steps have to say in the log. */
import type { BalancerEvents } from '../runtime/balancer.ts';

type Say = (text: string, level: 'warn' | 'error', fields: Readonly<Record<string, string | number>>) => void;

export function sayFailure(say: Say, failure: BalancerEvents['middleware-failure'][0]): void {
  const { module, middleware, message, count } = failure;
  say(describeFailure(failure), 'error', { middleware, module, error: message, calls: count });
}

export function saySlow(say: Say, slow: BalancerEvents['middleware-slow'][0]): void {
  const { route, middleware, module, hook, budgetMs, p99Ms, calls } = slow;
  const p99 = `${p99Ms.toFixed(1)} ms or more in one of 100 of its last ${calls} calls`;
  const fields = { route, middleware, module, hook, budgetMs, p99Ms, calls };
  say(`middleware ${middleware} of route ${route}: ${hook} took ${p99}; its budget is ${budgetMs} ms`, 'warn', fields);
}

/** `middleware tenant: TypeError: … at …`, and later `…: 19 more calls within 10 s, the last: …`. */
function describeFailure({
  middleware,
  message,
  stack,
  count,
  withinMs,
}: BalancerEvents['middleware-failure'][0]): string {
  const what = stack === '' ? message : stack;
  if (withinMs === 0) return `middleware ${middleware}: ${what}`;
  const calls = `${count} more ${count === 1 ? 'call' : 'calls'} within ${withinMs / 1000} s`;
  return `middleware ${middleware}: ${calls}, the last: ${message}`;
}
