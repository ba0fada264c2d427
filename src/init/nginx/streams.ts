/** The `stream` block of nginx: servers that pass bytes or datagrams, as listeners with `tcp` or `udp`. */
import type { Duration } from '../../config/written-values.ts';
import { addressOf, addressesOf, withTcp, withTls, withUdp } from '../draft.ts';
import type { Draft, DraftListener, PoolSettings, Sourced } from '../draft.ts';
import { lacking } from '../features.ts';
import { proxiedListener } from '../proxy-senders.ts';
import type { Report } from '../report.ts';
import { isGuard } from './not-taken.ts';
import type { Directive } from './parse-nginx.ts';
import { readPreread } from './preread.ts';
import type { PrereadName } from './preread.ts';
import { readTimeout } from './route-settings.ts';
import { Scope } from './scope.ts';
import { NETWORK } from './servers.ts';
import { tlsOf } from './server-tls.ts';
import { convertUpstream } from './upstreams.ts';
import { toListener } from './values.ts';

/** How long a session may be silent in nginx where nothing is written. */
const DEFAULT_IDLE = '10m';
const SOCKET = /^unix:\//i;
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '[::]']);
/** Of a server, whatever stands behind it. */
const REFUSED: readonly (readonly [name: string, reason: string])[] = [
  ['proxy_ssl', lacking('layer4Tls')],
  ['return', lacking('answers')],
];
/** Of a `listen`. */
const TAKEN_PARAMETERS: ReadonlySet<string> = new Set(['ssl', 'proxy_protocol', 'udp']);

export function convertStreams(directives: readonly Directive[], draft: Draft, report: Report): void {
  for (const stream of directives.filter(({ name }) => name === 'stream')) {
    report.take(stream);
    const upstreams = stream.children.filter(({ name }) => name === 'upstream');
    const maps = stream.children.filter(({ name }) => name === 'map');
    const converter = new StreamConverter(upstreams, maps, draft, report);
    const scope = new Scope([stream.children]);
    for (const server of stream.children.filter(({ name }) => name === 'server'))
      converter.convert(server, scope.inner(server.children));
    for (const upstream of upstreams) {
      const isUsed = [...draft.pools.values()].some(({ from }) => from === upstream);
      if (!isUsed) report.leave(upstream, 'no server that was taken over uses it');
    }
  }
}

/** An address of a server, and what comes there. */
interface Wanted {
  readonly listener: DraftListener;
  readonly protocol: 'tcp' | 'udp';
}

type Setting = readonly [keyof PoolSettings, Sourced<unknown>];

class StreamConverter {
  readonly #upstreams: ReadonlyMap<string, Directive>;
  readonly #maps: readonly Directive[];
  readonly #draft: Draft;
  readonly #report: Report;
  /** Pools by their target and what servers say of them. */
  readonly #names = new Map<string, string>();

  constructor(upstreams: readonly Directive[], maps: readonly Directive[], draft: Draft, report: Report) {
    this.#upstreams = new Map(upstreams.map((upstream) => [upstream.args[0]?.toLowerCase() ?? '', upstream]));
    this.#maps = maps;
    this.#draft = draft;
    this.#report = report;
  }

  convert(server: Directive, scope: Scope): void {
    const guard = [...server.children, ...scope.findAll('deny'), ...scope.findAll('ssl_verify_client')].find(isGuard);
    if (guard !== undefined) {
      this.#report.guard(
        server,
        `"${guard.text}": ${lacking(guard.name === 'ssl_verify_client' ? 'clientCertificates' : 'access', 'left out')}`,
      );
      return;
    }
    const names = readPreread(scope, this.#maps, this.#report);
    const refusal = refusalOf(scope, names.length > 0);
    if (refusal !== null) {
      this.#report.leave(server, refusal);
      return;
    }
    this.#report.take(server);
    const listeners = server.children
      .filter(({ name }) => name === 'listen')
      .flatMap((listen) => this.#listenersOf(listen, server, scope));
    if (listeners.length === 0) this.#report.leave(server, 'it has no address that could be taken over', server.text);
    else if (names.length > 0) this.#passThrough(listeners, names, server, scope);
    else {
      const pass = scope.find('proxy_pass') as Directive;
      this.#listen(listeners, this.#poolFor(pass.args[0] ?? '', pass, scope), server, scope);
    }
  }

  #passThrough(wanted: readonly Wanted[], names: readonly PrereadName[], server: Directive, scope: Scope): void {
    this.#report.take(scope.find('proxy_pass') as Directive);
    const passthrough = Object.fromEntries(
      names.map(({ name, target, from }) => [name, this.#poolFor(target, from, scope)]),
    );
    const timeout = scope.find('proxy_timeout');
    if (timeout !== null) this.#report.leave(timeout, 'such sessions are cut after timeouts.tcpIdle without a byte');
    const { listeners } = this.#draft;
    for (const { listener, protocol } of wanted) {
      const address = addressOf(listener);
      if (addressesOf(this.#draft).has(address)) continue;
      if (protocol === 'udp' || (typeof listener === 'object' && listener.tls !== undefined)) {
        this.#report.leave(server, 'a name that passes is read from TLS that is not ended here', address);
        continue;
      }
      const name = `by-name-${address.replace(/[^0-9a-z.]+/gi, '-').replace(/^-/, '')}`;
      listeners.set(name, { value: withTls(listener, { passthrough }), from: server });
    }
  }

  #listenersOf(listen: Directive, server: Directive, scope: Scope): readonly Wanted[] {
    const [place = '', ...parameters] = listen.args;
    const address = toAddress(place);
    const isEndingTls = parameters.includes('ssl');
    const tls = isEndingTls ? tlsOf([server], scope, this.#report) : null;
    const reason = refusalOfListen(address, isEndingTls && tls === null);
    if (reason !== null || address === null) {
      this.#report.leave(listen, reason ?? '');
      return [];
    }
    this.#report.take(listen);
    for (const parameter of parameters.filter((each) => !TAKEN_PARAMETERS.has(each)))
      this.#report.same(listen, 'nothing to set here', parameter);
    const plain = toListener(address);
    const listener = tls === null ? plain : withTls(plain, tls);
    const protocol = parameters.includes('udp') ? 'udp' : 'tcp';
    if (!parameters.includes('proxy_protocol')) return [{ listener, protocol }];
    return [{ listener: proxiedListener(listener, this.#sendersOf(scope), listen, this.#report), protocol }];
  }

  /** Who may send the PROXY header that connections begin with, as far as it is said. */
  #sendersOf(scope: Scope): readonly string[] {
    const named = scope.findAll('set_real_ip_from').filter(({ args }) => NETWORK.test(args[0] ?? ''));
    for (const each of named) this.#report.take(each);
    return named.map(({ args }) => args[0]);
  }

  /** The name of the pool, which is in the draft from then on. */
  #poolFor(written: string, pass: Directive, scope: Scope): string {
    this.#report.take(pass);
    const target = SOCKET.test(written) ? written.replace(/^unix:/i, 'unix:') : written.toLowerCase();
    const settings = [...this.#timesOf(scope), ...this.#retryOf(scope), ...this.#proxyProtocolOf(scope)];
    const key = JSON.stringify([target, settings.map(([name, { value }]) => [name, value])]);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const upstream = this.#upstreams.get(target);
    const pool =
      upstream === undefined
        ? { from: pass, endpoints: [{ value: target, from: pass }], settings: new Map() }
        : convertUpstream(upstream, this.#report);
    for (const [name, setting] of settings) pool.settings.set(name, setting);
    const name = this.#freeName(target.replace(/[^a-z0-9_.-]+/gi, '-').replace(/^[^a-z0-9_]+/i, ''));
    this.#names.set(key, name);
    this.#draft.pools.set(name, pool);
    return name;
  }

  #timesOf(scope: Scope): readonly Setting[] {
    const from = scope.find('proxy_connect_timeout');
    const connect = from === null ? null : readTimeout(from, this.#report);
    return from === null || connect === null ? [] : [['timeouts', { value: { connect }, from }]];
  }

  #retryOf(scope: Scope): readonly Setting[] {
    const [next, tries] = [scope.find('proxy_next_upstream'), scope.find('proxy_next_upstream_tries')];
    for (const each of [next, tries]) if (each !== null) this.#report.take(each);
    if (next?.args[0] === 'off') return [['retry', { value: 'off', from: next }]];
    if (tries === null || !/^[1-9]\d?$/.test(tries.args[0] ?? '')) return [];
    return [['retry', { value: { attempts: Number(tries.args[0]) }, from: tries }]];
  }

  /** nginx writes version 1. */
  #proxyProtocolOf(scope: Scope): readonly Setting[] {
    const from = scope.find('proxy_protocol');
    if (from === null) return [];
    this.#report.take(from);
    return from.args[0] === 'on' ? [['proxyProtocol', { value: 'v1', from }]] : [];
  }

  #freeName(wanted: string): string {
    const base = wanted === '' ? 'pool' : wanted.slice(0, 100);
    let name = base;
    for (let number = 2; this.#draft.pools.has(name); number++) name = `${base}-${number}`;
    return name;
  }

  #listen(wanted: readonly Wanted[], pool: string, server: Directive, scope: Scope): void {
    const timeout = scope.find('proxy_timeout');
    const written = (timeout === null ? null : readTimeout(timeout, this.#report)) as Duration | null;
    const half = scope.find('proxy_half_close');
    if (half !== null) this.#report.same(half, 'the end of one side is always passed on');
    const answers = scope.find('proxy_responses');
    if (answers !== null) this.#report.differ(answers, 'a session of UDP is over by its time alone: idle');
    const { listeners } = this.#draft;
    for (const { listener, protocol } of wanted) {
      const address = addressOf(listener);
      if (addressesOf(this.#draft, protocol).has(address)) continue;
      const name = this.#nameListener(pool, address, protocol);
      const idle = written ?? DEFAULT_IDLE;
      // Where nginx counts answers it keeps no session for its ten minutes.
      const udp = written === null && answers !== null ? { pool } : { pool, idle };
      const value = protocol === 'udp' ? withUdp(listener, udp) : withTcp(listener, { pool, idle });
      listeners.set(name, { value, from: server });
    }
  }

  #nameListener(pool: string, address: string, protocol: Wanted['protocol']): string {
    const { listeners } = this.#draft;
    if (!listeners.has(pool)) return pool;
    const base = protocol === 'udp' ? `${pool}-udp` : pool;
    if (!listeners.has(base)) return base;
    return `${base}-${address.replace(/[^0-9a-z.]+/gi, '-').replace(/^-/, '')}`;
  }
}

/** As a config writes it; null: it is none. */
function toAddress(place: string): string | null {
  if (SOCKET.test(place)) return place.replace(/^unix:/i, 'unix:');
  const found = /^(?:(\[[^\]]*\]|[^:]*):)?(\d{1,5})$/.exec(place);
  if (found === null) return null;
  const [, host = '', port] = found;
  return `${EVERY_ADDRESS.has(host) ? '' : host}:${port}`;
}

/** Why no listener can be made of a `listen`; null: one can. */
function refusalOfListen(address: string | null, lacksCertificate: boolean): string | null {
  if (address === null) return 'a listener is an address and a port, or a path';
  return lacksCertificate ? 'no certificate for it could be taken over' : null;
}

/** Why nothing of a server can be taken over; null: it can. */
function refusalOf(scope: Scope, isByName: boolean): string | null {
  const pass = scope.find('proxy_pass');
  if (pass === null) return 'it passes nothing on';
  const target = pass.args[0] ?? '';
  if (target.includes('$') && !isByName) return `"${pass.text}": ${lacking('tcpRules')}`;
  if (/^unix:/i.test(target) && !SOCKET.test(target)) return 'its path is relative to where nginx runs';
  for (const [name, reason] of REFUSED) {
    const found = scope.find(name);
    if (found !== null && found.args[0] !== 'off') return `"${found.text}": ${reason}`;
  }
  return null;
}
