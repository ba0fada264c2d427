/** What the module of a middleware exports, and what a middleware has to be. */
import type { CreateMiddleware, Middleware } from './types.ts';

/** It exports none, or one that cannot be used. */
export class MiddlewareRefused extends Error {
  override readonly name = 'MiddlewareRefused';
  /** What to do about it: a sentence. */
  readonly cure: string;

  constructor(message: string, cure: string) {
    super(message);
    this.cure = cure;
  }
}

const HOOKS = ['onRequest', 'onResponse'] as const;
const NAME = /^[\w.-]{1,64}$/;

/** Throws `MiddlewareRefused`, and whatever the module's own function throws. */
export async function readMiddleware(exported: unknown, options: MiddlewareOptions): Promise<Middleware> {
  if (exported === undefined)
    throw new MiddlewareRefused('the module has no default export', 'Write export default defineMiddleware({ … }).');
  if (typeof exported === 'function') return checked(await (exported as CreateMiddleware<MiddlewareOptions>)(options));
  if (Object.keys(options).length > 0)
    throw new MiddlewareRefused(
      'the middleware takes no options',
      'Take them out, or export a function of them: defineMiddleware((options) => ({ … })).',
    );
  return checked(exported);
}

type MiddlewareOptions = Readonly<Record<string, unknown>>;

function checked(made: unknown): Middleware {
  if (typeof made !== 'object' || made === null)
    throw new MiddlewareRefused(
      `the middleware is ${made === null ? 'null' : `of type ${typeof made}`}`,
      'Write export default defineMiddleware({ … }).',
    );
  const { name } = made as Partial<Middleware>;
  if (typeof name !== 'string' || !NAME.test(name))
    throw new MiddlewareRefused('the middleware has no name', "Write one of letters, digits, '-', '_' and '.'.");
  const given = HOOKS.filter((hook) => (made as Partial<Middleware>)[hook] !== undefined);
  const wrong = given.find((hook) => typeof (made as Partial<Middleware>)[hook] !== 'function');
  if (wrong !== undefined)
    throw new MiddlewareRefused(`${wrong} of the middleware is no function`, 'Write a function.');
  if (given.length === 0)
    throw new MiddlewareRefused('the middleware has no hook', 'Write onRequest, onResponse, or both.');
  const unknown = Object.keys(made).find(
    (key) => /^on[A-Z]|^on_|^on[a-z]*(?:request|response)/.test(key) && !isHook(key),
  );
  if (unknown !== undefined)
    throw new MiddlewareRefused(`a middleware has no hook ${unknown}`, 'The hooks are onRequest and onResponse.');
  if ((made as Middleware).onResponse?.constructor.name === 'AsyncFunction')
    throw new MiddlewareRefused(
      'onResponse is async, and answers do not wait',
      'Take async out; what has to be waited for belongs in onRequest.',
    );
  return made as Middleware;
}

function isHook(key: string): boolean {
  return HOOKS.some((hook) => hook === key);
}
