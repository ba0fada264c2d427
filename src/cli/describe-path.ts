/** The forms and the route of a path, for `fairlead check --path`. */
import type { Config, RouteConfig } from '../config/config.ts';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { explainPath } from '../core/routing/explain-path.ts';
import type { ExplainedPath } from '../core/routing/explain-path.ts';
import { readAskedTarget } from '../runtime/control/asked-target.ts';
import { describeAccess } from './write-access.ts';
import { describeTarget } from './write-redirect.ts';

export interface AskedPath extends ExplainedPath<RouteConfig> {
  readonly asked: string;
  /** What a request with such a target is answered before anything looks at it; null: it is read. */
  readonly refused: Fault | null;
  /** The one that takes it by https; null: none. Left out: the same, or what was asked says how it comes. */
  readonly byHttps?: RouteConfig | null;
}

const UNREAD = { normalForm: null, guardForms: [], byNormalForm: null, route: null };

/** `asked` is a path, or a URL whose host chooses among the routes; it is read as the server reads a target. */
export function askPath({ routes, settings }: Config, asked: string): AskedPath {
  const read = readAskedTarget(asked, settings.limits.targetBytes);
  if ('status' in read) return { asked, refused: read, ...UNREAD };
  const { host, target, scheme } = read;
  const explained = explainPath(routes, { host, target, scheme: scheme ?? 'http' });
  const refused = explained.normalForm === null ? FAULTS.badPath : null;
  if (scheme !== null) return { asked, refused, ...explained };
  const byHttps = explainPath(routes, { host, target, scheme: 'https' }).route;
  return { asked, refused, ...explained, ...(byHttps === explained.route ? {} : { byHttps }) };
}

export function describePath(askedPath: AskedPath): string {
  const { asked, refused, normalForm, guardForms, byNormalForm, route, byHttps } = askedPath;
  if (refused === FAULTS.badPath) return `path ${asked}\n  has no normal form: 400 bad-path`;
  if (refused !== null) {
    const written = encodeURI(asked.toWellFormed()).replaceAll('#', '%23');
    const hint = refused === FAULTS.badTarget && written !== asked ? `\n  clients send   ${written}` : '';
    return `path ${asked}\n  is refused: ${refused.status} ${refused.code}${hint}`;
  }
  const lines = [`path ${asked}`, `  normal form  ${normalForm}  ${leadsTo(byNormalForm)}`];
  if (guardForms.length === 0) lines.push('  guard form   the same');
  for (const form of guardForms) lines.push(`  guard form   ${form}`);
  if (route === null && byNormalForm !== null) lines.push('  taken by     none: two routes guard it  → no route: 404');
  else if (route !== byNormalForm) lines.push(`  taken by     ${route?.id ?? ''}, which guards  ${leadsTo(route)}`);
  if (byHttps !== undefined) lines.push(`  by https     ${leadsTo(byHttps)}`);
  return lines.join('\n');
}

/** The same for scripts; routes by name, null: none. `refused` is there only if it is. */
export function toJsonPath(askedPath: AskedPath): object {
  const { asked, refused, normalForm, guardForms, byNormalForm, route, byHttps } = askedPath;
  const answered = refused === null ? {} : { refused: { status: refused.status, code: refused.code } };
  return {
    path: asked,
    ...answered,
    normalForm,
    guardForms,
    byNormalForm: byNormalForm?.id ?? null,
    route: route?.id ?? null,
    ...(byHttps === undefined ? {} : { byHttps: byHttps?.id ?? null }),
  };
}

function leadsTo(route: RouteConfig | null): string {
  return route === null
    ? '→ no route: 404'
    : `→ route ${route.id}, ${describeTarget(route)}${describeAccess(route.access)}`;
}
