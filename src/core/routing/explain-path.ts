/** The forms of a path and the route that takes it, for `fairlead check --path`. */
import type { Scheme } from '../snapshot.ts';
import { guardForms } from './guard-form.ts';
import { PathParser } from './path.ts';
import type { Routable } from './routed-request.ts';
import { compileRoutes } from './router.ts';

export interface ExplainedPath<R> {
  /** Null: it has none, and the request is refused with 400. */
  readonly normalForm: string | null;
  /** Other ways in which servers may read it. */
  readonly guardForms: readonly string[];
  /** Chosen by the normal form. */
  readonly byNormalForm: R | null;
  /** The one that takes it: chosen by the normal form, or by a guard form because it guards. */
  readonly route: R | null;
}

/** What is asked about: a GET without headers. */
export interface AskedRequest {
  readonly scheme: Scheme;
  /** In normal form, `''` for none. */
  readonly host: string;
  /** A path, with its query or without. */
  readonly target: string;
}

export function explainPath<R extends Routable>(
  routes: readonly R[],
  { scheme, host, target }: AskedRequest,
): ExplainedPath<R> {
  const parser = new PathParser();
  if (!parser.parse(target)) return { normalForm: null, guardForms: [], byNormalForm: null, route: null };
  const { path, rawPath, query } = parser;
  const request = { scheme, host, path, rawPath, query, method: 'GET', lines: '' };
  const open = compileRoutes(routes.map((route) => ({ id: route.id, match: route.match, route })));
  return {
    normalForm: path,
    guardForms: guardForms(rawPath, path),
    byNormalForm: open.match(request)?.route ?? null,
    route: compileRoutes(routes).match(request),
  };
}
