/**
 * The rows of the table. A row is a load and the contestants that it is given to in turn; rows with the same
 * contestants run one after another on the same processes.
 */
import type { HandshakeKind } from './handshakes.ts';
import type { ProxyKind } from './proxies/proxy.ts';
import { bareGet, browserGet, closingGet, post, revalidation, variedGets } from './requests.ts';
import type { KeyKind } from './tls-certificates.ts';

/** One proxy in one configuration. */
export interface Contestant {
  readonly id: string;
  readonly label: string;
  readonly proxy: ProxyKind;
  readonly threads: number;
  /** Path prefixes; empty: one route for everything. */
  readonly routes: readonly string[];
  /** Format of its access log; null: it is off. */
  readonly log: 'combined' | 'json' | null;
  readonly layer: Layer;
  /** Key of the certificate with which it ends TLS; null: it takes plain HTTP. */
  readonly certificate: KeyKind | null;
  /** Its endpoints speak TLS, and are verified. */
  readonly hasTlsEndpoints: boolean;
  /** Contestant it is compared with. */
  readonly baseline: string;
}

/**
 * `tcp`: it passes bytes, and does none of the work that HTTP asks for. `passthrough`: the same with bytes of TLS, for the
 * name that the client asks for; its endpoints speak TLS. `udp`: it passes datagrams.
 */
export type Layer = 'http' | 'tcp' | 'passthrough' | 'udp';

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly endpoints: number;
  contestants(proxies: readonly ProxyKind[]): Contestant[];
  /** Sent in turn; `host` is what the Host header says. */
  requests(host: string): string[];
  /** In place of requests: connections that do a handshake and end. */
  readonly handshakes?: HandshakeKind;
}

/** Closed loop: wrk sends the next request on a connection when the answer of the last has come. */
export const CONNECTIONS = 64;

/** Whether its clients speak TLS, with whomever. */
export function isSecure({ certificate, layer }: Contestant): boolean {
  return certificate !== null || layer === 'passthrough';
}

const ENDPOINTS = 4;
const ROUTES = 1000;
const ENDPOINTS_OF_ROUTES = 100;

const ROUTE_PATHS = Array.from({ length: ROUTES }, (_, index) => `/service-${String(index).padStart(4, '0')}`);

type TlsSides = Pick<Contestant, 'certificate' | 'hasTlsEndpoints'>;

const CLIENT_TLS: TlsSides = { certificate: 'ec', hasTlsEndpoints: false };
const ENDPOINT_TLS: TlsSides = { certificate: null, hasTlsEndpoints: true };
const BOTH_TLS: TlsSides = { certificate: 'ec', hasTlsEndpoints: true };

export const ROWS: readonly Row[] = [
  plainRow('browser', 'browser head (14 lines, 1 KB), 50 B answer', (host) => [browserGet(host, '/50')]),
  plainRow('varied', 'browser heads, no two alike, 50 B answer', (host) => variedGets(host, 50)),
  plainRow('bare', 'bare head, 50 B answer', (host) => [bareGet(host, '/50')]),
  plainRow('64k', 'bare head, 64 KiB answer', (host) => [bareGet(host, '/65536')]),
  plainRow('1m', 'bare head, 1 MiB answer', (host) => [bareGet(host, '/1048576')]),
  plainRow('post', 'POST of 4 KiB, 50 B answer', (host) => [post(host, '/50', 4096)]),
  plainRow('304', 'revalidation with a browser head, answered 304', (host) => [revalidation(host, '/unchanged')]),
  plainRow('close', 'no keep-alive, 50 B answer', (host) => [closingGet(host, '/50')]),
  {
    id: 'routes',
    title: '1,000 routes beside one, 100 endpoints, 50 B answer',
    endpoints: ENDPOINTS_OF_ROUTES,
    contestants: (proxies) => proxies.flatMap(oneAndManyRoutes),
    requests: (host) => ROUTE_PATHS.map((path) => bareGet(host, `${path}/items/50`)),
  },
  {
    id: 'workers',
    title: 'two threads on the same core beside one, browser head, 50 B answer',
    endpoints: ENDPOINTS,
    contestants: (proxies) => proxies.filter((proxy) => proxy.hasThreads).flatMap(oneAndTwoThreads),
    requests: (host) => [browserGet(host, '/50')],
  },
  {
    id: 'log',
    title: 'access log on, to a file, beside off, browser head, 50 B answer',
    endpoints: ENDPOINTS,
    contestants: (proxies) => proxies.filter(({ logs }) => logs.length > 0).flatMap(offAndOn),
    requests: (host) => [browserGet(host, '/50')],
  },
  tlsRow('tls', 'HTTPS, 50 B answer', '/50'),
  tlsRow('tls-64k', 'HTTPS, 64 KiB answer', '/65536'),
  tlsRow('tls-1m', 'HTTPS, 1 MiB answer', '/1048576'),
  tlsRow('endpoint-tls', 'HTTP, endpoints with TLS, 50 B answer', '/50', ENDPOINT_TLS),
  tlsRow('endpoint-tls-64k', 'HTTP, endpoints with TLS, 64 KiB answer', '/65536', ENDPOINT_TLS),
  tlsRow('endpoint-tls-1m', 'HTTP, endpoints with TLS, 1 MiB answer', '/1048576', ENDPOINT_TLS),
  tlsRow('both-tls-1m', 'HTTPS, endpoints with TLS, 1 MiB answer', '/1048576', BOTH_TLS),
  handshakeRow('tls-new', 'TLS 1.3, whole handshakes, ECDSA P-256', 'ec', 'new'),
  handshakeRow('tls-new-rsa', 'TLS 1.3, whole handshakes, RSA 2048', 'rsa', 'new'),
  handshakeRow('tls-resumed', 'TLS 1.2, resumed handshakes', 'ec', 'resumed'),
  tcpRow('tcp', 'TCP, exchanges of 50 B on connections that stay', '/50'),
  tcpRow('tcp-1m', 'TCP, answers of 1 MiB', '/1048576'),
  tcpRow('tcp-close', 'TCP, one exchange of 50 B a connection', '/closing'),
  {
    id: 'passthrough',
    title: 'TLS passed through by its name, one exchange of 50 B a connection',
    endpoints: ENDPOINTS,
    contestants: (proxies) => passing(proxies, 'passthrough'),
    requests: (host) => [bareGet(host, '/closing')],
  },
  {
    id: 'udp',
    title: 'UDP, exchanges of 50 B of 64 clients',
    endpoints: ENDPOINTS,
    contestants: (proxies) => passing(proxies, 'udp', 'nginx'),
    requests: () => [],
  },
];

/** A bare head; the work is that of TLS. */
function tlsRow(id: string, title: string, target: string, sides = CLIENT_TLS): Row {
  return {
    id,
    title,
    endpoints: ENDPOINTS,
    contestants: (proxies) => secured(proxies, sides),
    requests: (host) => [bareGet(host, target)],
  };
}

function handshakeRow(id: string, title: string, key: KeyKind, handshakes: HandshakeKind): Row {
  return {
    id,
    title,
    endpoints: ENDPOINTS,
    contestants: (proxies) => secured(proxies, { ...CLIENT_TLS, certificate: key }),
    requests: () => [],
    handshakes,
  };
}

/** Those that are measured with TLS, with the same certificates. */
export function secured(proxies: readonly ProxyKind[], sides = CLIENT_TLS): Contestant[] {
  const suffix = [sides.certificate ?? 'plain', ...(sides.hasTlsEndpoints ? ['endpoints'] : [])].join('-');
  return proxies
    .filter(({ hasTls }) => hasTls)
    .map((proxy) => ({
      ...plain(proxy),
      ...sides,
      id: `${proxy.name}-tls-${suffix}`,
      baseline: `haproxy-tls-${suffix}`,
    }));
}

/** What passes is HTTP as well, but nobody on the way looks at it. */
function tcpRow(id: string, title: string, target: string): Row {
  return {
    id,
    title,
    endpoints: ENDPOINTS,
    contestants: (proxies) => passing(proxies, 'tcp'),
    requests: (host) => [bareGet(host, target)],
  };
}

/** Those that can, one thread each. `baseline`: name of the proxy that they are compared with. */
function passing(proxies: readonly ProxyKind[], layer: Layer, baseline = 'haproxy'): Contestant[] {
  return proxies
    .filter(({ layers }) => layers.includes(layer))
    .map((proxy) => ({ ...plain(proxy), id: `${proxy.name}-${layer}`, layer, baseline: `${baseline}-${layer}` }));
}

function plainRow(id: string, title: string, requests: Row['requests']): Row {
  return { id, title, endpoints: ENDPOINTS, contestants: (proxies) => proxies.map(plain), requests };
}

/** One thread, one route, compared with HAProxy. */
export function plain(proxy: ProxyKind): Contestant {
  const { name: id, label } = proxy;
  return {
    id,
    label,
    proxy,
    threads: 1,
    routes: [],
    log: null,
    layer: 'http',
    certificate: null,
    hasTlsEndpoints: false,
    baseline: 'haproxy',
  };
}

function oneAndManyRoutes(proxy: ProxyKind): Contestant[] {
  const one = { ...plain(proxy), label: `${proxy.label}, 1 route` };
  const many = { ...one, id: `${proxy.name}-routes`, label: `${proxy.label}, 1,000`, routes: ROUTE_PATHS };
  return [one, { ...many, baseline: one.id }];
}

function oneAndTwoThreads(proxy: ProxyKind): Contestant[] {
  const one = { ...plain(proxy), label: `${proxy.label}, 1 thread` };
  return [one, { ...one, id: `${proxy.name}-2`, label: `${proxy.label}, 2 threads`, threads: 2, baseline: one.id }];
}

function offAndOn(proxy: ProxyKind): Contestant[] {
  const off = { ...plain(proxy), label: `${proxy.label}, off` };
  const on = proxy.logs.map((log) => {
    return { ...off, id: `${proxy.name}-${log}`, label: `${proxy.label}, ${log}`, log, baseline: off.id };
  });
  return [off, ...on];
}
