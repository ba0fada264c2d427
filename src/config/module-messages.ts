/** What threads that run modules of the user's post. */
import type { Problem } from './errors.ts';

/** Of each file that is loaded. */
export interface ModuleLoaded {
  readonly type: 'loaded';
  readonly url: string;
}

export interface ModuleThrew {
  readonly type: 'threw';
  readonly message: string;
  readonly stack: string;
}

/** Of a config. */
export type ModuleMessage =
  | ModuleLoaded
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'not-data'; readonly problems: readonly Problem[] }
  | { readonly type: 'no-export' }
  | ModuleThrew;

/** What the thread that tries out the module of a middleware is given. */
export interface MiddlewareTrial {
  readonly url: string;
  /** The options of each middleware that names it. */
  readonly options: readonly Readonly<Record<string, unknown>>[];
  /** What `fairlead` means to it. */
  readonly fairlead: string;
}

/** Of such a thread. `index`: of the options that it was about. */
export type MiddlewareMessage =
  | ModuleLoaded
  /** `names`: of the middleware, one for each of the options. */
  | { readonly type: 'taken'; readonly names: readonly string[] }
  /** It exports what is no middleware. */
  | { readonly type: 'refused'; readonly index: number; readonly message: string; readonly cure: string }
  /** Its own function threw. */
  | { readonly type: 'options-refused'; readonly index: number; readonly message: string; readonly stack: string }
  | ModuleThrew;
