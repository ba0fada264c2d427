/** The forms and the route of a path, for `fairlead check --path`. */
import type { RouteConfig } from '../config/config.ts';
import { explainPath } from '../core/routing/explain-path.ts';
import type { ExplainedPath } from '../core/routing/explain-path.ts';

export interface AskedPath extends ExplainedPath<RouteConfig> {
  readonly asked: string;
}

const URL_FORM = /^https?:\/\/([^/?#]*)([^#]*)/i;

/** `asked` is a path, or a URL whose host chooses among the routes. */
export function askPath(routes: readonly RouteConfig[], asked: string): AskedPath {
  const [, authority = '', rest = asked] = URL_FORM.exec(asked) ?? [];
  const host = authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  return { asked, ...explainPath(routes, host, rest.startsWith('/') ? rest : `/${rest}`) };
}

export function describePath({ asked, normalForm, guardForms, byNormalForm, route }: AskedPath): string {
  if (normalForm === null) return `path ${asked}\n  has no normal form: 400 bad-path`;
  const lines = [`path ${asked}`, `  normal form  ${normalForm}  ${leadsTo(byNormalForm)}`];
  if (guardForms.length === 0) lines.push('  guard form   the same');
  for (const form of guardForms) lines.push(`  guard form   ${form}`);
  if (route === null && byNormalForm !== null) lines.push('  taken by     none: two routes guard it  → no route: 404');
  else if (route !== byNormalForm) lines.push(`  taken by     ${route?.id ?? ''}, which guards  ${leadsTo(route)}`);
  return lines.join('\n');
}

/** The same for scripts; routes by name, null: none. */
export function toJsonPath({ asked, normalForm, guardForms, byNormalForm, route }: AskedPath): object {
  return { path: asked, normalForm, guardForms, byNormalForm: byNormalForm?.id ?? null, route: route?.id ?? null };
}

function leadsTo(route: RouteConfig | null): string {
  return route === null ? '→ no route: 404' : `→ route ${route.id}, pool ${route.pool}`;
}
