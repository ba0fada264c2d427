/** What the thread that evaluates a module posts, besides the address of each module it loads. */
import type { Problem } from './errors.ts';

export type ModuleMessage =
  | { readonly type: 'loaded'; readonly url: string }
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'not-data'; readonly problems: readonly Problem[] }
  | { readonly type: 'no-export' }
  | { readonly type: 'threw'; readonly message: string; readonly stack: string };
