/** The pools that locations ask for: an upstream once for each Host and each rule of retries that goes with it. */
import type { PoolInput } from '../../config/config-input.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { closedPool } from '../draft.ts';
import type { Draft, DraftPool } from '../draft.ts';
import type { Directive } from './parse-nginx.ts';
import type { ProxyTarget } from './proxy-target.ts';
import type { Scope } from './scope.ts';
import { readUpstreamTls } from './upstream-tls.ts';
import { convertUpstream } from './upstreams.ts';
import { withPort } from './values.ts';

/** Sent by Fairlead as well, so that there is nothing to set. */
const SENT_ANYWAY =
  /^(?:x-forwarded-(?:for|proto|host|port|ssl|scheme)|x-request-id|upgrade|connection|te|x-scheme|content-length|transfer-encoding)$/i;
/** What these headers are set to where it is the same as Fairlead's. */
const USUAL_VALUE =
  /^(?:\$(?:proxy_add_x_forwarded_for|remote_addr|scheme|host|http_host|server_port|request_id|http_upgrade|connection_upgrade|http_x_forwarded_\w+|http_x_request_id|http_connection)|upgrade|close|keep-alive|https?|\d+|)$/i;

const HOST_AS_CAME = {
  host: 'the client’s Host goes on as it came: in its case, and with its port if it has one',
  server_name: 'the client’s Host goes on as it came, not the name of the server',
} as const;

export class PoolBook {
  readonly #upstreams: ReadonlyMap<string, Directive>;
  readonly draft: Draft;
  readonly #report: Report;
  readonly #names = new Map<string, string>();

  constructor(upstreams: ReadonlyMap<string, Directive>, draft: Draft, report: Report) {
    this.#upstreams = upstreams;
    this.draft = draft;
    this.#report = report;
  }

  /** The name of the pool for this target, which is in the draft from then on. */
  poolFor({ host, isTls }: Pick<ProxyTarget, 'host' | 'isTls'>, proxyPass: Directive, scope: Scope): string {
    const upstream = this.#upstreams.get(host);
    const hostHeader = this.#hostHeader(host, upstream, scope);
    const target = { host, sentHost: hostHeader?.value ?? null, proxyPass };
    const tls = isTls ? { value: readUpstreamTls(scope, target, this.#report), from: proxyPass } : null;
    const settings = { host: hostHeader, retry: this.#retry(scope), tls };
    const key = JSON.stringify([host, settings.host?.value, settings.retry?.value, tls?.value]);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const pool = upstream === undefined ? poolOf(host, isTls, proxyPass) : convertUpstream(upstream, this.#report);
    for (const [name, setting] of Object.entries(settings)) {
      if (setting !== null) pool.settings.set(name as keyof typeof settings, setting);
    }
    const name = this.#freeName(host.replace(/[^a-z0-9_.-]+/g, '-').replace(/^[^a-z0-9_]+/, ''));
    this.#names.set(key, name);
    this.draft.pools.set(name, pool);
    return name;
  }

  /** For what was guarded. */
  closed(from: Directive): string {
    return closedPool(this.draft, from);
  }

  #freeName(wanted: string): string {
    const base = wanted === '' ? 'pool' : wanted.slice(0, 100);
    let name = base;
    for (let number = 2; this.draft.pools.has(name); number++) name = `${base}-${number}`;
    return name;
  }

  /** nginx sends the name in `proxy_pass` unless it is told otherwise; Fairlead sends on what came. */
  #hostHeader(target: string, upstream: Directive | undefined, scope: Scope) {
    let value: PoolInput['host'] | null = upstream === undefined ? 'endpoint' : target;
    let from: Directive | null = null;
    for (const directive of scope.findAll('proxy_set_header')) {
      const [name = '', text = ''] = directive.args;
      if (name.toLowerCase() !== 'host') this.#noteHeader(directive, name, text);
      else {
        from = directive;
        const sent = scope.expand(text, (set) => this.#report.take(set));
        value = this.#readHost(sent, value, directive);
      }
    }
    return value === null ? null : { value, from: from ?? upstream ?? ANYWHERE };
  }

  #readHost(text: string, byDefault: PoolInput['host'] | null, directive: Directive): PoolInput['host'] | null {
    this.#report.take(directive);
    if (text === '$proxy_host') return byDefault;
    const known = /^\$(host|http_host|server_name)(:\$(?:server_port|proxy_port))?$/.exec(text);
    if (known !== null) {
      const [whole, name] = known;
      if (whole !== '$http_host') this.#report.differ(directive, HOST_AS_CAME[name === 'server_name' ? name : 'host']);
      return null;
    }
    if (!text.includes('$')) return text;
    this.#report.leave(directive, lacking('computedNames', 'the client’s goes on'));
    return null;
  }

  #noteHeader(directive: Directive, name: string, text: string): void {
    if (SENT_ANYWAY.test(name) && USUAL_VALUE.test(text)) {
      this.#report.same(directive, 'Fairlead sends it, or passes it on, by itself');
    } else this.#report.leave(directive, lacking('requestHeaders'));
  }

  #retry(scope: Scope) {
    const [when, tries] = [scope.find('proxy_next_upstream'), scope.find('proxy_next_upstream_tries')];
    if (when === null && tries === null) return null;
    const attempts = /^[1-9]\d{0,2}$/.test(tries?.args[0] ?? '') ? Number(tries?.args[0]) : null;
    if (tries !== null && attempts === null)
      this.#report.leave(tries, 'the number of attempts is bounded here: retry.attempts');
    else if (tries !== null) this.#report.take(tries);
    for (const word of when?.args ?? []) this.#noteCondition(when as Directive, word);
    if (when !== null) this.#report.take(when);
    const from = when ?? tries ?? ANYWHERE;
    if (when?.args.includes('off') === true) return { value: 'off' as const, from };
    if (when !== null && !when.args.includes('error')) return { value: 'off' as const, from };
    return attempts === null ? null : { value: { attempts: Math.min(attempts, 100) }, from };
  }

  #noteCondition(directive: Directive, word: string): void {
    if (word === 'error' || word === 'off') return;
    const reason =
      word === 'timeout'
        ? 'after a timeout only a connection that was never made is tried again'
        : 'a request is tried again only where the connection failed';
    this.#report.leave(directive, reason, word);
  }
}

/** For a setting that is not written: it is a default of nginx. */
const ANYWHERE: Directive = { file: 'nginx', line: 0, text: 'a default of nginx', name: '', args: [], children: [] };

/** An address in `proxy_pass` itself. */
function poolOf(host: string, isTls: boolean, from: Directive): DraftPool {
  return { from, endpoints: [{ value: withPort(host, isTls ? 443 : 80), from }], settings: new Map() };
}
