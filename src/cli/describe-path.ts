/** The forms and the route of a path, for `fairlead check --path`. */
import type { Config, RouteConfig } from '../config/config.ts';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { explainPath } from '../core/routing/explain-path.ts';
import type { ExplainedPath } from '../core/routing/explain-path.ts';
import { readAskedTarget } from '../runtime/control/asked-target.ts';

export interface AskedPath extends ExplainedPath<RouteConfig> {
  readonly asked: string;
  /** What a request with such a target is answered before anything looks at it; null: it is read. */
  readonly refused: Fault | null;
}

const UNREAD = { normalForm: null, guardForms: [], byNormalForm: null, route: null };

/** `asked` is a path, or a URL whose host chooses among the routes; it is read as the server reads a target. */
export function askPath({ routes, settings }: Config, asked: string): AskedPath {
  const read = readAskedTarget(asked, settings.limits.targetBytes);
  if ('status' in read) return { asked, refused: read, ...UNREAD };
  const explained = explainPath(routes, read.host, read.target);
  return { asked, refused: explained.normalForm === null ? FAULTS.badPath : null, ...explained };
}

export function describePath({ asked, refused, normalForm, guardForms, byNormalForm, route }: AskedPath): string {
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
  return lines.join('\n');
}

/** The same for scripts; routes by name, null: none. `refused` is there only if it is. */
export function toJsonPath({ asked, refused, normalForm, guardForms, byNormalForm, route }: AskedPath): object {
  const answered = refused === null ? {} : { refused: { status: refused.status, code: refused.code } };
  return {
    path: asked,
    ...answered,
    normalForm,
    guardForms,
    byNormalForm: byNormalForm?.id ?? null,
    route: route?.id ?? null,
  };
}

function leadsTo(route: RouteConfig | null): string {
  return route === null ? '→ no route: 404' : `→ route ${route.id}, pool ${route.pool}`;
}
