/**
 * `location: auto`: URLs of an answer that name the endpoint lead the client back to where it came, and a prefix that was
 * taken off is put back. What names another host, and what is relative to the path that was asked for, stays.
 */
import { find, findLine, nameOf, nextLine, valueOf } from '../../core/http/header-lines.ts';
import type { RouteSpec } from '../../core/snapshot.ts';
import type { ResponseView } from '../../http/steps/step.ts';

const NAMES = ['location', 'content-location', 'refresh'] as const;
const URL_PARTS = /^(https?):\/\/([^/?#]*)([^]*)$/i;
const REFRESH = /^([^;,]*[;,][\t ]*(?:url[\t ]*=[\t ]*)?["']?)([^"']*)(["']?.*)$/i;
const DEFAULT_PORT = { http: ':80', https: ':443' } as const;

export class LocationRewriter {
  readonly #prefix: RouteSpec['replacePrefix'];

  constructor(prefix: RouteSpec['replacePrefix']) {
    this.#prefix = prefix;
  }

  rewrite(view: ResponseView, lines: string): void {
    for (const name of NAMES) {
      const at = findLine(lines, name);
      if (at < 0) continue;
      const value = valueOf(lines, at);
      const rewritten = name === 'refresh' ? this.#refresh(view, value) : this.#url(view, value);
      // Several of one name are nothing that a client could follow.
      if (rewritten === value || findLine(lines, name, nextLine(lines, at)) >= 0) continue;
      const written = lines.slice(at, at + nameOf(lines, at).length);
      view.edit([{ kind: 'set', name: written, value: rewritten }]);
    }
  }

  #refresh(view: ResponseView, value: string): string {
    const found = REFRESH.exec(value);
    return found === null ? value : found[1] + this.#url(view, found[2]) + found[3];
  }

  #url(view: ResponseView, url: string): string {
    if (url.startsWith('/') && !/^\/[/\\]/.test(url)) return this.#withPrefix(url);
    const found = URL_PARTS.exec(url);
    if (found === null) return url;
    const [, scheme, authority, rest] = found;
    if (!isEndpoint(view, plainAuthority(authority, scheme))) return url;
    const own = placeOfClient(view);
    return own === null ? url : own + this.#withPrefix(rest.startsWith('/') ? rest : `/${rest}`);
  }

  #withPrefix(target: string): string {
    if (this.#prefix === null) return target;
    const { prefix, by } = this.#prefix;
    const cut = by === '/' ? '' : by;
    const end = target.search(/[?#]/);
    const path = end < 0 ? target : target.slice(0, end);
    if (!path.startsWith(cut) || (path.length > cut.length && path[cut.length] !== '/')) return target;
    const rest = path.slice(cut.length);
    const back = prefix === '/' ? rest || '/' : prefix + rest;
    return end < 0 ? back : back + target.slice(end);
  }
}

/** In lower case, without the port that the scheme has anyway. */
function plainAuthority(authority: string, scheme: string): string {
  const lower = authority.toLowerCase();
  const port = DEFAULT_PORT[scheme.toLowerCase() === 'https' ? 'https' : 'http'];
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

/** It is what the endpoint is called: by its address, or by the name that its pool says to it. */
function isEndpoint({ record, request }: ResponseView, authority: string): boolean {
  const { pool } = request.route;
  const { host } = pool.spec;
  if (typeof host !== 'string' && plainAuthority(host.name, 'http') === authority) return true;
  const endpoint = pool.endpoints.find(({ spec }) => spec.id === record.endpoint);
  return endpoint !== undefined && plainAuthority(endpoint.spec.authority, 'http') === authority;
}

/** As the endpoint was told; null: of HTTP/1.0, which may name no host. */
function placeOfClient({ request, isSecure }: ResponseView): string | null {
  const host = find(request.extra, 'x-forwarded-host')?.split(',')[0] ?? '';
  return host === '' ? null : `${isSecure ? 'https' : 'http'}://${host}`;
}
