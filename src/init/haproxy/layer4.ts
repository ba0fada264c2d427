/** Frontends and listens that pass bytes (`mode tcp`), as listeners with `tcp`. */
import { addressesOf, addressOf, withTcp, withTls } from '../draft.ts';
import type { Draft, DraftListener } from '../draft.ts';
import type { Duration } from '../../config/written-values.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { convertTcpBackend } from './backends.ts';
import { listenerOf, readBinds } from './binds.ts';
import type { Bind } from './binds.ts';
import { refusalOfTcp } from './not-taken.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import { readServerNames } from './server-name-rules.ts';
import type { ServerNameRule } from './server-name-rules.ts';
import { readSessionIdle } from './timeouts.ts';

export class Layer4 {
  readonly #backends: ReadonlyMap<string, Proxy>;
  readonly #draft: Draft;
  readonly #report: Report;
  /** Backends that have been looked at. */
  readonly #seen = new Set<string>();

  constructor(backends: ReadonlyMap<string, Proxy>, draft: Draft, report: Report) {
    this.#backends = backends;
    this.#draft = draft;
    this.#report = report;
  }

  add(proxy: Proxy): void {
    const refusal = refusalOfTcp(proxy);
    if (refusal !== null) {
      this.#report[refusal.kind === 'guard' ? 'guard' : 'leave'](proxy.from, refusal.reason);
      return;
    }
    const names = readServerNames(proxy, this.#report);
    if (names.length > 0) {
      this.#passThrough(proxy, names);
      return;
    }
    const rule = proxy.find('default_backend');
    const backend = rule === null ? (proxy.isBack ? proxy : undefined) : this.#backends.get(rule.args[0] ?? '');
    if (backend === undefined || !this.#hasPool(backend)) {
      this.#report.leave(proxy.from, 'its backend was not taken over');
      return;
    }
    this.#report.take(proxy.from);
    if (rule !== null) this.#report.take(rule);
    for (const line of proxy.own('use_backend'))
      this.#report.leave(line, lacking('tcpRules', 'all of it goes to one pool'));
    this.#listen(proxy, backend);
  }

  /** Connections go by the name that their client asks for in TLS. */
  #passThrough(proxy: Proxy, names: readonly ServerNameRule[]): void {
    const passthrough: Record<string, string> = {};
    for (const { name, backend, from } of names) {
      const found = this.#backends.get(backend);
      // The first rule counts.
      if (Object.hasOwn(passthrough, name)) continue;
      if (found !== undefined && this.#hasPool(found)) passthrough[name] = backend;
      else this.#report.leave(from, 'its backend was not taken over');
    }
    const rule = proxy.find('default_backend');
    if (Object.keys(passthrough).length === 0) {
      this.#report.leave(proxy.from, 'its backend was not taken over');
      return;
    }
    this.#report.take(proxy.from);
    if (rule !== null) this.#report.leave(rule, 'clients that ask for another name, or for none, are refused here');
    this.#addListeners(proxy, (bind) => {
      // HAProxy looks for the name in what it has not opened.
      if (bind.tls === null) return withTls(listenerOf(bind, this.#report), { passthrough });
      this.#report.leave(bind.from, 'a name that passes is read from TLS that is not ended here');
      return null;
    });
  }

  #hasPool(backend: Proxy): boolean {
    const { name } = backend;
    if (!this.#seen.has(name)) {
      this.#seen.add(name);
      const pool = convertTcpBackend(backend, this.#report);
      if (pool !== null && pool.endpoints.length > 0) this.#draft.pools.set(name, pool);
      else if (pool !== null)
        this.#report.leave(pool.from, 'it has no server that could be taken over', pool.from.text);
    }
    return this.#draft.pools.has(name);
  }

  #listen(proxy: Proxy, backend: Proxy): void {
    const idle = readSessionIdle(proxy, backend, this.#report);
    const tcp = idle === null ? backend.name : { pool: backend.name, idle: idle as Duration };
    this.#addListeners(proxy, (bind) => withTcp(listenerOf(bind, this.#report), tcp));
  }

  #addListeners(proxy: Proxy, toListener: (bind: Bind) => DraftListener | null): void {
    const known = addressesOf(this.#draft);
    for (const bind of readBinds(proxy, this.#report)) {
      const { name, from, isLeft } = bind;
      const address = addressOf(bind.listener);
      if (isLeft || known.has(address)) continue;
      const value = toListener(bind);
      if (value === null) continue;
      this.#draft.listeners.set(this.#freeName(name ?? proxy.name, address, from), { value, from });
    }
  }

  #freeName(wanted: string, address: string, { line }: Line): string {
    const { listeners } = this.#draft;
    if (!listeners.has(wanted)) return wanted;
    const byPort = `${wanted}-${/\d+$/.exec(address)?.[0] ?? ''}`;
    return listeners.has(byPort) ? `${byPort}-${line}` : byPort;
  }
}
