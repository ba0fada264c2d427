/** What a config may say and hardly anybody should, a sentence each. */
import type { Config } from '../config/config.ts';
import { warnOfLoops } from './warn-of-loops.ts';

/** `node`: the version that is to run it. */
export function listWarnings(config: Config, node: string = process.versions.node): readonly string[] {
  const trusting = config.pools
    .filter(({ checks }) => checks.some((check) => check.kind === 'https' && !check.verify))
    .map(({ id }) => `pool ${id}: its https check trusts whoever answers (verify: off)`);
  const unverified = config.pools
    .filter(({ tls }) => tls?.verify === false)
    .map(({ id }) => `pool ${id}: whoever answers is taken for one of its endpoints (tls: { verify: off })`);
  return [
    ...trusting,
    ...unverified,
    ...warnOfSecrets(config),
    ...warnOfNames(config),
    ...warnOfSenders(config),
    ...warnOfChains(config, node),
    ...warnOfRedirects(config),
    ...warnOfLoops(config),
  ];
}

/** Node 24 does not tell what a client has shown beside its own certificate. */
function warnOfChains({ listeners }: Config, node: string): readonly string[] {
  if (Number.parseInt(node, 10) > 24) return [];
  return listeners
    .filter(({ tls }) => tls?.clientCertificate?.forward === true)
    .map(({ id, tls }) => {
      const ca = tls?.clientCertificate?.ca ?? '';
      return `listener ${id}: Node ${node} does not tell which chain a client has shown, so Client-Cert-Chain has only what stands in ${ca}: put the authorities in between into it, or run Node 26`;
    });
}

/** Where nobody tells requests by https apart, a redirect to https leads to itself for ever. */
function warnOfRedirects({ listeners, routes, settings }: Config): readonly string[] {
  const led = routes.find(({ redirect }) => redirect?.base === null);
  const isTold = listeners.some(({ tls, proxyProtocol }) => tls !== null || proxyProtocol !== null);
  if (led === undefined || isTold || settings.trustedProxies.length > 0) return [];
  return [
    `route ${led.id}: no listener has tls; if something in front ends TLS, each request by https is sent to itself again, unless trustedProxies names it`,
  ];
}

function warnOfSecrets({ pools }: Config): readonly string[] {
  const without = pools.filter(({ sticky }) => sticky?.secretFile === '').map(({ id }) => id);
  if (without.length === 0) return [];
  return [
    `${poolsOf(without)}: sticky cookies hold until this process ends; a restart gives every client an endpoint anew, unless sticky.secretFile names a secret`,
  ];
}

/** A block of everybody in `proxyProtocol.from`. */
function warnOfSenders({ listeners }: Config): readonly string[] {
  return listeners.flatMap(({ id, proxyProtocol }) => {
    const everybody = proxyProtocol?.from.find((network) => network.endsWith('/0'));
    if (everybody === undefined) return [];
    return [
      `listener ${id}: proxyProtocol.from names everybody (${everybody}): whoever connects chooses the address that counts as the client`,
    ];
  });
}

/** Each answer would bind its client anew, and nobody would stay anywhere. */
function warnOfNames({ pools, routes }: Config): readonly string[] {
  const sticky = pools.flatMap(({ id, sticky: spec, endpoints }) => {
    if (spec === null) return [];
    const hosts = routes.filter(({ pool }) => pool === id).map(({ match }) => match.host);
    const cookie = JSON.stringify([spec.cookie, spec.path, spec.domain]);
    const servers = JSON.stringify(endpoints.map((endpoint) => endpoint.id).toSorted());
    return [{ id, name: spec.cookie, cookie, servers, hosts }];
  });
  return sticky.flatMap((one, at) => {
    const others = sticky
      .slice(at + 1)
      .filter(({ cookie, servers }) => cookie === one.cookie && servers !== one.servers)
      .filter(({ hosts }) => hosts.some((host) => one.hosts.some((own) => mayBeSame(host, own))));
    if (others.length === 0) return [];
    const ids = [one.id, ...others.map(({ id }) => id)];
    return [
      `${poolsOf(ids)}: different servers under one host share the cookie ${one.name}: write another sticky.cookie in each`,
    ];
  });
}

/** Whether a request may have a host that both take; null takes any. */
function mayBeSame(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return true;
  return [
    [a, b],
    [b, a],
  ].some(([wide, other]) => wide.startsWith('*.') && other.endsWith(wide.slice(1)));
}

function poolsOf(ids: readonly string[]): string {
  return ids.length === 1 ? `pool ${ids[0]}` : `pools ${ids.slice(0, -1).join(', ')} and ${ids[ids.length - 1]}`;
}
