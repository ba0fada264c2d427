/**
 * The routes of servers with their hosts. Routes hold for every listener, and those for http alone are tried before all
 * others: where a server redirects what came by http, the others say by what their requests come as well.
 */
import type { RouteInput } from '../../config/config-input.ts';
import { closedPool } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { ARE_CLOSED, isToHttps } from '../redirect.ts';
import type { Report } from '../report.ts';
import type { LocationRoute } from './locations.ts';
import { findDefaults } from './servers.ts';
import type { Listen, Server } from './servers.ts';

type Scheme = 'http' | null;

interface OneRoute extends Pick<LocationRoute, 'from' | 'path' | 'route'> {
  readonly scheme: Scheme;
  /** A route for both schemes says the same. */
  readonly isCopy: boolean;
}

interface PlacedRoute extends OneRoute {
  readonly host: string | null;
}

export function addRoutes(all: readonly Server[], draft: Draft, report: Report): void {
  const isSecured = all.some(({ listens }) => listens.some(({ isPlain }) => !isPlain));
  const isDivided = all.some((server) => isDividing(server, isSecured));
  const servers = isDivided ? hold(all, draft, report) : all;
  const any = new Places(servers, ({ isPlain }) => !isDivided || !isSecured || !isPlain);
  const http = new Places(servers, ({ isPlain }) => isPlain);
  for (const server of servers) {
    const { isPlain, isTls } = waysOf(server);
    const isOnlyHttp = isPlain && !isTls && isSecured;
    const reasons: (string | null)[] = [];
    if (isDivided && isPlain) reasons.push(http.add(server, routesOfHttp(server, isOnlyHttp)));
    if (!isDivided || !isOnlyHttp) reasons.push(any.add(server, routesOfBoth(server, isPlain && !isDivided)));
    const [reason] = reasons;
    if (server.routes.length > 0 && !reasons.includes(null) && typeof reason === 'string')
      report.leave(server.from, reason);
  }
  const needed = [...http.routes.filter((route) => isNeeded(route, http.routes)), ...any.routes];
  draft.routes.push(...needed.map((route) => ({ value: toRouteInput(route), from: route.from })));
}

function waysOf({ listens }: Server): { readonly isPlain: boolean; readonly isTls: boolean } {
  return { isPlain: listens.some(({ isPlain }) => isPlain), isTls: listens.some(({ isPlain }) => !isPlain) };
}

/** Whether it sends what came by http elsewhere than the rest. */
function isDividing(server: Server, isSecured: boolean): boolean {
  if (!waysOf(server).isPlain) return false;
  if (server.byHttp !== null) return true;
  return server.routes.some(({ route, byHttp }) => {
    if (isToHttps(route.redirect) || isToHttps(byHttp?.redirect)) return true;
    return isSecured && (byHttp !== undefined || route.redirect !== undefined);
  });
}

/** Of what came by http, nothing is to reach the servers of TLS: what nobody there takes is closed. */
function hold(servers: readonly Server[], draft: Draft, report: Report): readonly Server[] {
  const open = new Set(servers.filter(({ routes }) => routes.length > 0).flatMap((server) => addressesOf(server)));
  return servers.map((server) => {
    const { from, routes } = server;
    if (routes.length > 0 || !addressesOf(server).some((address) => open.has(address))) return server;
    report.leave(from, ARE_CLOSED, from.text);
    return { ...server, routes: [{ from, path: undefined, route: { pool: closedPool(draft, from) } }] };
  });
}

function addressesOf({ listens }: Server): readonly string[] {
  return listens.map(({ address }) => address);
}

function routesOfHttp({ byHttp, routes }: Server, isOnlyHttp: boolean): readonly OneRoute[] {
  if (byHttp !== null) return byHttp.map((each) => ({ ...each, scheme: 'http', isCopy: false }));
  return routes.map(({ byHttp: other, ...each }): OneRoute => {
    const isCopy = !isOnlyHttp && other === undefined && !isToHttps(each.route.redirect);
    return { ...each, route: other ?? each.route, scheme: 'http', isCopy };
  });
}

function routesOfBoth({ routes }: Server, isByHttp: boolean): readonly OneRoute[] {
  const both = routes.map(({ byHttp, ...each }): OneRoute => {
    return { ...each, route: isByHttp ? (byHttp ?? each.route) : each.route, scheme: null, isCopy: false };
  });
  return both.filter(({ route }) => !isToHttps(route.redirect));
}

class Places {
  readonly routes: PlacedRoute[] = [];
  readonly #servers: readonly Server[];
  /** They take the hosts that no other names. */
  readonly #defaults: ReturnType<typeof findDefaults>;
  #catchAll: Server | null = null;

  constructor(servers: readonly Server[], isHere: (listen: Listen) => boolean) {
    this.#servers = servers;
    this.#defaults = findDefaults(servers.map((each) => ({ ...each, listens: each.listens.filter(isHere) })));
  }

  /** Null: its requests come to it. Otherwise why they do not. */
  add(server: Server, routes: readonly OneRoute[]): string | null {
    const isDefault = this.#defaults.has(server.from) && server.routes.length > 0;
    if (isDefault && this.#catchAll === null) {
      this.#catchAll = server;
      for (const host of [...hostsOfWildcards(server, this.#servers), null]) this.#place(routes, host);
      return null;
    }
    for (const host of server.hosts) this.#place(routes, host);
    if (server.hosts.length > 0) return null;
    return isDefault
      ? 'routes hold for every listener, and another server takes the hosts that none names'
      : 'it has no name that was taken over, and is not the default server';
  }

  #place(routes: readonly OneRoute[], host: string | null): void {
    this.routes.push(...routes.map((route) => ({ ...route, host })));
  }
}

/** Hosts of the default server that a wildcard of another one would take. */
function hostsOfWildcards(server: Server, servers: readonly Server[]): readonly string[] {
  const wildcards = servers.flatMap((other) =>
    other === server ? [] : other.hosts.filter((host) => host.startsWith('*.')),
  );
  return server.hosts.filter((host) => wildcards.some((wildcard) => host.endsWith(wildcard.slice(1))));
}

/** A copy is there for requests that a route for http alone would take. */
function isNeeded({ isCopy, host }: PlacedRoute, routes: readonly PlacedRoute[]): boolean {
  const takes = (other: string | null): boolean =>
    other === null || other === host || (other.startsWith('*.') && host?.endsWith(other.slice(1)) === true);
  return !isCopy || routes.some((other) => !other.isCopy && takes(other.host));
}

function toRouteInput({ host, path, scheme, route }: PlacedRoute): RouteInput {
  const match = {
    // A redirect to https is for requests by http alone.
    ...(scheme === null || isToHttps(route.redirect) ? {} : { scheme }),
    ...(host === null ? {} : { host }),
    ...(path === undefined ? {} : { path }),
  };
  return Object.keys(match).length === 0 ? route : { match, ...route };
}
