/** Which hosts and listeners a `server` of nginx has, and which server takes the hosts that no other names. */
import { lacking } from '../features.ts';
import { ARE_CLOSED } from '../redirect.ts';
import type { Report } from '../report.ts';
import { addressesOf, isFirst, listenHere, takesHttp, withTls } from '../draft.ts';
import type { Draft, DraftListener } from '../draft.ts';
import type { Directive } from './parse-nginx.ts';
import { proxiedListener } from '../proxy-senders.ts';
import { isAccessRule, readAccess } from './access.ts';
import { guardedBy, isGuard, listOther } from './not-taken.ts';
import { Scope } from './scope.ts';
import { tlsOf } from './server-tls.ts';
import { toListener } from './values.ts';
import type { LocationRoute } from './locations.ts';

export interface Server {
  readonly from: Directive;
  /** Lower case; a wildcard begins with `*.`. */
  readonly hosts: readonly string[];
  /** Addresses of its listeners, with TLS or without, as in nginx: `80` is every address. */
  readonly listens: readonly Listen[];
  readonly routes: readonly LocationRoute[];
  /** In place of all of them, for what comes by http; null: they hold for it as well. */
  readonly byHttp: readonly LocationRoute[] | null;
}

export interface Listen {
  readonly from: Directive;
  /** `:80`, or `unix:/path`. */
  readonly address: string;
  readonly isPlain: boolean;
  readonly isDefault: boolean;
  /** Who may send the PROXY header that connections begin with, as far as it is said; null: there is none. */
  readonly senders: readonly string[] | null;
}

const EVERY_ADDRESS: Readonly<Record<string, true>> = { '': true, '*': true, '0.0.0.0': true, '[::]': true };

/** Whether it keeps somebody out, so that nothing of it may be taken over. That has been listed by then. */
export function refuseServer(server: Directive, inherited: readonly Directive[], report: Report): boolean {
  const isTaken = readAccess(new Scope([server.children, inherited])) !== null;
  const guard = [...server.children, ...inherited].find(
    (each) => isGuard(each) && isInForce(each, server, inherited) && !(isTaken && isAccessRule(each)),
  );
  if (guard !== undefined) report.guard(server, `"${guard.text}": ${lacking(guardedBy(guard), ARE_CLOSED)}`);
  return guard !== undefined;
}

/** A client that comes without TLS is asked for no certificate. */
function isInForce({ name }: Directive, server: Directive, inherited: readonly Directive[]): boolean {
  if (name !== 'ssl_verify_client') return true;
  const isSecured = (listen: Directive): boolean => listen.name === 'listen' && listen.args.includes('ssl');
  return innermost([server.children, inherited], 'ssl').some(isOn) || server.children.some(isSecured);
}

export function readHosts(server: Directive, report: Report): readonly string[] {
  const names = server.children.filter(({ name }) => name === 'server_name');
  return names.flatMap((directive) => {
    report.take(directive);
    return directive.args.flatMap((name) => {
      if (/^(?:_|""|)$/.test(name)) return [];
      if (name.startsWith('.')) return [name.slice(1).toLowerCase(), `*${name.toLowerCase()}`];
      if (/^(?:~|.*\.\*$)/.test(name) || name.includes('$')) {
        report.leave(directive, 'hosts are names, or *. and a name', name);
        return [];
      }
      return [name.toLowerCase()];
    });
  });
}

export function readListens(server: Directive, outer: readonly Directive[], report: Report): readonly Listen[] {
  const scopes = [server.children, outer];
  // As older versions have it: all of a server, or nothing of it.
  const ssl = innermost(scopes, 'ssl');
  for (const each of ssl) report.take(each);
  const isSecured = ssl.some(isOn);
  const listens = server.children
    .filter(({ name }) => name === 'listen')
    .flatMap((from) => readListen(from, isSecured, scopes, report));
  if (server.children.some(({ name }) => name === 'listen')) return listens;
  return [{ from: server, address: ':80', isPlain: !isSecured, isDefault: false, senders: null }];
}

function isOn({ args }: Directive): boolean {
  return args[0] === 'on';
}

function readListen(
  from: Directive,
  isSecured: boolean,
  scopes: readonly (readonly Directive[])[],
  report: Report,
): readonly Listen[] {
  const [place = '', ...parameters] = from.args;
  report.take(from);
  if (parameters.includes('quic')) {
    report.leave(from, lacking('http2'));
    return [];
  }
  const socket = /^unix:(.+)$/i.exec(place)?.[1] ?? null;
  if (socket?.startsWith('/') === false) {
    report.leave(from, 'its path is relative to where nginx runs');
    return [];
  }
  const [, host = '', port = '80'] = /^(?:(\[[^\]]*\]|[^:]*?):)?(\d+)?$/.exec(place) ?? ['', place];
  for (const parameter of parameters) noteParameter(parameter, from, report);
  const isPlain = !isSecured && !parameters.includes('ssl');
  const address = socket === null ? `${Object.hasOwn(EVERY_ADDRESS, host) ? '' : host}:${port}` : `unix:${socket}`;
  const isDefault = parameters.some((word) => /^default(?:_server)?$/.test(word));
  const senders = parameters.includes('proxy_protocol') ? readSenders(scopes, report) : null;
  return [{ from, address, isPlain, isDefault, senders }];
}

/** `set_real_ip_from`, where `real_ip_header proxy_protocol` makes the address in the header the client's. */
function readSenders(scopes: readonly (readonly Directive[])[], report: Report): readonly string[] {
  const [header] = innermost(scopes, 'real_ip_header');
  if (header?.args[0] !== 'proxy_protocol') return [];
  report.take(header);
  return innermost(scopes, 'set_real_ip_from').flatMap((directive) => {
    const [network = ''] = directive.args;
    if (!NETWORK.test(network)) return [];
    report.take(directive);
    return [network];
  });
}

export const NETWORK = /^[0-9a-f.:]+(?:\/\d{1,3})?$/i;

/** Those of the innermost block that has any. */
function innermost(scopes: readonly (readonly Directive[])[], name: string): readonly Directive[] {
  const found = scopes.map((directives) => directives.filter((directive) => directive.name === name));
  return found.find((directives) => directives.length > 0) ?? [];
}

function noteParameter(parameter: string, from: Directive, report: Report): void {
  if (/^(?:ssl|default|default_server|proxy_protocol)$/.test(parameter)) return;
  if (/^(?:reuseport|ipv6only=\w+|so_keepalive=\S+|bind|deferred)$/.test(parameter)) {
    report.same(from, 'nothing to set here', parameter);
  } else if (parameter === 'http2') report.leave(from, lacking('http2'), parameter);
  else report.leave(from, 'there is no such parameter here', parameter);
}

/** Of each address the server that is marked as the default one, else the first: it takes hosts that no other names. */
function defaultsByAddress(servers: readonly Pick<Server, 'from' | 'listens'>[]): ReadonlyMap<string, Directive> {
  const defaults = new Map<string, { readonly from: Directive; readonly isMarked: boolean }>();
  for (const { from, listens } of servers) {
    for (const { address, isDefault } of listens) {
      const known = defaults.get(address);
      if (known === undefined || (isDefault && !known.isMarked)) defaults.set(address, { from, isMarked: isDefault });
    }
  }
  return new Map([...defaults].map(([address, { from }]) => [address, from]));
}

export function findDefaults(servers: readonly Pick<Server, 'from' | 'listens'>[]): ReadonlySet<Directive> {
  return new Set(defaultsByAddress(servers).values());
}

const LOCAL = /^(?:(?:127\.[\d.]+|\[::1\]|localhost):|unix:)/;

/**
 * A server for this machine alone, beside others for everybody: routes hold for every listener, so that it would be
 * open to all. True: it is left out, and listed.
 */
export function leaveLocal(server: Server, servers: readonly Server[], report: Report): boolean {
  const isLocal = ({ listens }: Server): boolean =>
    listens.length > 0 && listens.every(({ address }) => LOCAL.test(address));
  const taken = servers.filter(({ routes }) => routes.length > 0);
  if (server.routes.length === 0 || !isLocal(server) || taken.every(isLocal)) return false;
  report.guard(
    server.from,
    'it listens on this machine alone, and routes hold for every listener: give it a config of its own',
  );
  return true;
}

/** Adds the listeners of the servers that have routes. Where none can be taken over it is a port of this machine. */
export function addListeners(servers: readonly Server[], scope: Scope, draft: Draft, report: Report): void {
  const listens = servers.filter(({ routes }) => routes.length > 0).flatMap((server) => server.listens);
  const addresses = new Set(addressesOf(draft));
  for (const { address, from } of listens) {
    if (addresses.has(address)) continue;
    addresses.add(address);
    const value = listenerAt(address, servers, scope, report);
    if (value === null) {
      for (const listen of listens.filter((each) => each.address === address))
        report.leave(listen.from, 'no certificate for it could be taken over');
      continue;
    }
    const name = isFirst(draft) ? 'web' : `web-${address.replace(/[^0-9a-z.]+/gi, '-').replace(/^-/, '')}`;
    draft.listeners.set(name, { value, from });
  }
  const [server] = servers.filter(({ routes }) => routes.length > 0);
  if (takesHttp(draft) || server === undefined) return;
  const [{ from } = server] = listens;
  const why = listens.length > 0 ? 'for whatever ends TLS in front' : 'since nothing it listens on could be taken over';
  listenHere(draft, from, why, report);
}

/** What its servers say of their socket, which they share; null: it ends TLS, and there is no certificate for it. */
function listenerAt(address: string, servers: readonly Server[], scope: Scope, report: Report): DraftListener | null {
  const isHere = (listen: Listen): boolean => listen.address === address;
  const here = servers.filter(({ listens }) => listens.some(isHere));
  const listens = here.flatMap((server) => server.listens.filter(isHere));
  const proxied = listens.find(({ senders }) => senders !== null);
  const plain = toListener(address);
  const listener = proxied === undefined ? plain : proxiedListener(plain, proxied.senders ?? [], proxied.from, report);
  if (listens.every(({ isPlain }) => isPlain)) return listener;
  const byDefault = defaultsByAddress(servers).get(address);
  const inOrder = here.map(({ from }) => from).toSorted((a, b) => Number(b === byDefault) - Number(a === byDefault));
  const tls = tlsOf(inOrder, scope, report);
  return tls === null ? null : withTls(listener, tls);
}

/** What stands in a server that was taken over and is not about where requests go. */
export function listLeftOvers(directives: readonly Directive[], report: Report): void {
  report.close(directives, (directive) => listOther(directive, report));
}
