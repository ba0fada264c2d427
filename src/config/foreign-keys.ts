/**
 * Keys of other balancers' configs where ours does not have them: what they are called here, or that there is no such
 * thing yet. Words are compared without case, `-` and `_`: `health_check` and `healthCheck` are one.
 */
import { REWRITING } from './foreign-rewriting-keys.ts';
import { RATE_WORDS } from './foreign-limit-keys.ts';
import { OF_CHECKS } from './foreign-check-keys.ts';
import { OF_ROUTES } from './foreign-route-keys.ts';
import { OF_LAYER4_MAPS } from './foreign-layer4-keys.ts';
import { OF_PROXY_PROTOCOL_MAPS } from './foreign-proxy-protocol-keys.ts';
import { OF_SMALL_MAPS } from './foreign-resilience-keys.ts';
import type { SmallMap } from './foreign-resilience-keys.ts';
import {
  OF_ACME_BESIDE_LISTENERS,
  OF_TLS_MAPS,
  TLS_ELSEWHERE,
  TLS_OF_LISTENERS,
  TLS_OF_POOLS,
} from './foreign-tls-keys.ts';
import { NOT_BUILT, NOT_BUILT_WORDS } from './not-built.ts';
import type { MissingFeature } from './not-built.ts';

/** A kind of map in the config: the title of its schema. */
type Place =
  | 'Config'
  | 'Listener'
  | 'ClientCertificate'
  | 'ListenerTls'
  | 'Certificate'
  | 'Acme'
  | 'PoolTls'
  | 'Route'
  | 'Match'
  | 'Redirect'
  | 'Pool'
  | 'Endpoint'
  | 'Check'
  | 'Sticky'
  | 'ProxyProtocol'
  | 'PoolProxyProtocol'
  | SmallMap
  | keyof typeof OF_LAYER4_MAPS
  | 'Timeouts'
  | 'ExchangeTimeouts';

const TLS = 'ssl https cert ca cacert';

const UNBUFFERED = 'Bodies pass as they come, and nothing of them is buffered: take it out.';

/** What holds wherever exchanges have timeouts. */
const EXCHANGE_TIMES: Readonly<Record<string, string>> = {
  'proxyconnecttimeout timeoutconnect connecttimeout dialtimeout': 'Write timeouts, e.g. timeouts: { connect: 500ms }.',
  'proxyreadtimeout timeoutserver readtimeout responsetimeout responseheadertimeout fastcgireadtimeout serverstimeout':
    'Write timeouts, e.g. timeouts: { responseHead: 30s, responseIdle: 60s }.',
  'proxysendtimeout sendtimeout writetimeout': 'Write timeouts, e.g. timeouts: { writeIdle: 60s }.',
  'timeouttunnel tunneltimeout': 'Write timeouts, e.g. timeouts: { tunnelIdle: 1h }.',
  'clientbodytimeout timeoutclient': 'Write timeouts, e.g. timeouts: { requestBodyIdle: 30s }.',
  'timeout requesttimeout proxytimeout': 'Write timeouts, e.g. timeouts: { responseHead: 30s }.',
};

/** Names of such times within timeouts. */
const TIMES: Readonly<Record<string, string>> = {
  'client clientbody body upload': 'Write requestBodyIdle, e.g. requestBodyIdle: 30s.',
  'server backend upstream response header headers ttfb firstbyte responseheader':
    'Write responseHead, and responseIdle for what follows it, e.g. responseHead: 30s.',
  'read idle': 'Write responseIdle, e.g. responseIdle: 60s.',
  'send write': 'Write writeIdle, e.g. writeIdle: 60s.',
  'dial connection proxyconnect': 'Write connect, e.g. connect: 500ms.',
  'tunnel websocket': 'Write tunnelIdle, e.g. tunnelIdle: 1h.',
  'request overall': 'Write total, e.g. total: 30s.',
  'try attempt': 'Write perTry, e.g. perTry: 2s.',
  'check healthcheck': 'It stands in the check, e.g. check: { http: /healthcheck, timeout: 2s }.',
  queue: 'It stands in a pool, e.g. pools: { web: { endpoints: [localhost:8081], queue: { timeout: 5s } } }.',
};

const TCP_LISTENER = 'Write a listener with tcp, e.g. listeners: { web: ":80", db: { address: ":5432", tcp: api } }.';

const IN_EVERY_HTTP_MAP: Readonly<Record<string, string>> = {
  'proxybuffering proxybuffers proxybuffersize proxyrequestbuffering flushinterval responseforwarding': UNBUFFERED,
  proxyhttpversion: 'HTTP/1.1 is spoken by itself: take it out.',
  'mode proto protocol': 'A listener with tcp passes bytes to a pool; the others speak HTTP: take it out.',
  'tcp stream layer4 l4': TCP_LISTENER,
  'forwardfor optionforwardfor': 'X-Forwarded-For is always sent: take it out.',
};

/** What to write instead, by place. `a b` are several words. */
const OURS: Readonly<Record<Place, Readonly<Record<string, string>>>> = {
  Config: {
    ...OF_ROUTES,
    'iplist iplists addresslists sets geo': 'Write lists, e.g. lists: { office: [10.0.0.0/8] }.',
    'upstream upstreams backend backends service services cluster clusters target targets server servers nodes':
      'Write pools, e.g. pools: { web: [localhost:8081] }.',
    ...IN_EVERY_HTTP_MAP,
    ...EXCHANGE_TIMES,
    'http loadbalancer':
      'Its parts stand at the top level: listeners, routes, and servers as pools, e.g. pools: { web: [localhost:8081] }.',
    'frontend frontends entrypoint entrypoints bind listen port host address':
      'Write listeners, e.g. listeners: { web: ":80" }.',
    'rules locations location virtualhosts vhosts paths proxies proxy routers router proxypass reverseproxy usebackend defaultbackend handle handlepath':
      'Write routes, e.g. routes: [{ match: { path: /v1/* }, pool: api }, { pool: web }].',
    'log logs logging accesslogs logger': 'Write accessLog, e.g. accessLog: on.',
    'worker workers workerprocesses nbthread nbproc processes': 'Write threads, e.g. threads: 4.',
    'maxconn maxconns workerconnections connectionlimit': 'Write maxConnections, e.g. maxConnections: 5000.',
    'trustproxy trustedips realip setrealipfrom forwardedheaders':
      'Write trustedProxies, e.g. trustedProxies: [10.0.0.0/8].',
    'clientheadertimeout timeouthttprequest readheadertimeout headertimeout':
      'Write timeouts, e.g. timeouts: { requestHead: 10s }.',
    'keepalivetimeout timeouthttpkeepalive idletimeout clientidletimeout':
      'Write timeouts, e.g. timeouts: { keepAlive: 75s }.',
    'slowloris reqtimeout requestreadtimeout minrate minrequestbodydatarate minresponsedatarate':
      'Write slowClients, e.g. slowClients: { bodyRate: 1KiB/s, grace: 10s }.',
    'clientheaderbuffersize largeclientheaderbuffers maxheadersize maxheaderbytes bufsize':
      'Write limits, e.g. limits: { head: 32KiB }.',
    global: 'Its keys stand at the top level, e.g. threads: 4.',
    events: 'Write maxConnections, e.g. maxConnections: 5000.',
    'user group daemon pid pidfile chroot':
      'Whoever starts Fairlead decides: take it out (docs/operations.md has a unit for systemd).',
    errorlog: 'What Fairlead says of itself goes to stderr: take it out.',
    option: 'Write the keys themselves, e.g. defaults: { check: { http: /healthcheck } }.',
    'healthcheck healthchecks check health':
      'Checks stand in a pool or in defaults, e.g. defaults: { check: { http: /healthcheck } }.',
    'algorithm strategy balance loadbalancing lb policy':
      'Policies stand in a pool or in defaults, e.g. defaults: { policy: least-connections }.',
    'retry retries proxynextupstream redispatch lbtryduration':
      'Retries stand in a pool or in defaults, e.g. defaults: { retry: { attempts: 2 } }.',
    'clientmaxbodysize maxbodysize maxbody bodylimit':
      'It stands in a route or in defaults, e.g. defaults: { maxBody: 10MiB }.',
    [`ratelimit ${RATE_WORDS}`]: 'A limit stands in a route, e.g. routes: [{ pool: web, rateLimit: 100/s }].',
    'middleware middlewares plugin plugins filters handlers lua wasm': 'It stands in a route: middleware: ./step.ts.',
    endpoints: 'Endpoints stand in a pool, e.g. pools: { web: [localhost:8081] }.',
    ...OF_ACME_BESIDE_LISTENERS,
    'proxyprotocol acceptproxy': 'It stands in a listener, and in a pool for what goes out to servers.',
    'sendproxy sendproxyv2':
      'It stands in a pool, e.g. pools: { web: { endpoints: [localhost:8081], proxyProtocol: v2 } }.',
    ...TLS_ELSEWHERE,
  },
  Listener: {
    ...OF_ROUTES,
    'port host bind listen addr ip hostname url': 'Write address, e.g. address: 127.0.0.1:8080.',
    'socket unix unixsocket socketpath path': 'Write address, e.g. address: unix:/run/fairlead/web.sock.',
    'permissions perm perms chmod filemode socketmode':
      'Write mode beside the address of a unix socket: three octal digits in quotes.',
    'gid groupid': 'Write group beside the address of a unix socket: the name or the number of one.',
    acceptproxy: 'Write proxyProtocol, e.g. proxyProtocol: { from: [10.0.0.0/8] }.',
    'stream layer4 l4 proto protocol': 'Where it is to pass bytes on, write tcp, or udp, and the name of a pool.',
    'pool backend upstream service target proxypass defaultbackend':
      'Routes lead to pools. Where a listener is to pass bytes on, write tcp, or udp, and the name of a pool.',
    'datagram datagrams udplisten': 'Where it is to pass packets on, write udp and the name of a pool.',
    ...TLS_OF_LISTENERS,
  },
  ListenerTls: OF_TLS_MAPS.ListenerTls,
  Certificate: OF_TLS_MAPS.Certificate,
  ClientCertificate: OF_TLS_MAPS.ClientCertificate,
  Acme: OF_TLS_MAPS.Acme,
  PoolTls: OF_TLS_MAPS.PoolTls,
  Route: {
    'allowlist whitelist ipallowlist ipwhitelist ipallow allowfrom sourceips require acl acls ipfilter':
      'Write allow, e.g. allow: [10.0.0.0/8].',
    'denylist blacklist blocklist ipdenylist block ipblock denyfrom': 'Write deny, e.g. deny: [10.0.0.0/8].',
    'backend upstream service target targets to proxypass reverseproxy usebackend defaultbackend loadbalancer forwardto cluster servers endpoints url handler':
      'Write pool and the name of one, e.g. pool: web.',
    'host hosts hostname domain domains servername paths location uri prefix pathprefix method methods query cookie rule when matcher matchers conditions':
      'Conditions stand in match, e.g. match: { host: api.example.com, path: /v1/* }.',
    scheme: 'Conditions stand in match, e.g. match: { scheme: http }.',
    'clientmaxbodysize maxbodysize bodylimit maxrequestbody': 'Write maxBody, e.g. maxBody: 10MiB.',
    'crossorigin alloworigin alloworigins allowedorigin allowedorigins accesscontrolalloworigin':
      'Write cors, e.g. cors: { origins: [https://app.example] }.',
    ...IN_EVERY_HTTP_MAP,
    ...EXCHANGE_TIMES,
    'entrypoint entrypoints listener listeners bind listen':
      'Every route holds for every listener; match: { scheme: http } is for requests that did not come by https.',
    ...REWRITING,
    [`ratelimits ${RATE_WORDS}`]: 'Write rateLimit, e.g. rateLimit: 100/s.',
    'limitconn inflightreq inflight maxinflight maxconcurrency maxconcurrentrequests bulkhead':
      'Write concurrency, e.g. concurrency: 20.',
    id: 'Write name.',
    'middlewares plugin plugins filters handlers lua wasm njs js': 'Write middleware, e.g. middleware: ./step.ts.',
    'hash hashpolicy hashkey hashon': 'Write policy, e.g. policy: { hash: header.x-user }.',
    'log logging': 'Write accessLog, e.g. accessLog: off.',
    'retries tries maxretries proxynextupstream redispatch optionredispatch lbtryduration':
      'Write retry, e.g. retry: { attempts: 2 }.',
    'sticky stickysession stickysessions sessionaffinity affinity persistence session sessions':
      'Write sticky in the pool that the route names.',
    'check ejection breaker circuitbreaker circuitbreakers':
      'It stands in the pool that the route names, or in defaults.',
    ...TLS_ELSEWHERE,
  },
  Match: {
    'hosts hostname hostnames domain domains servername vhost': 'Write host, e.g. host: api.example.com.',
    'paths uri url location pathprefix prefix': 'Write path, e.g. path: /v1/*.',
    'pathregexp pathregex regex regexp': 'Write path with a map, e.g. path: { regex: ^/img/ }.',
    'methods verb verbs': 'Write method, e.g. method: [GET, HEAD].',
    'headers headerregexp': 'Write header, e.g. header: { x-beta: "1" }.',
    'queries querystring params arg args': 'Write query, e.g. query: { v: "2" }.',
    'protocol proto entrypoint entrypoints listener ssl tls https': 'Write scheme, e.g. scheme: http.',
    cookies: 'Write cookie, e.g. cookie: { session: { present: true } }.',
  },
  Redirect: {
    'url uri target location scheme host': 'Write to, e.g. to: https.',
    'code statuscode permanent': 'Write status, e.g. status: 301.',
  },
  Pool: {
    ...OF_ROUTES,
    'healthcheck healthchecks health healthpath healthuri activehealthcheck probe livenessprobe httpchk optionhttpchk option checks':
      'Write check, e.g. check: { http: /healthcheck, interval: 5s }.',
    ...IN_EVERY_HTTP_MAP,
    ...EXCHANGE_TIMES,
    loadbalancer: 'Its servers are endpoints here, its algorithm is policy, e.g. endpoints: [localhost:8081].',
    'algorithm lb lbpolicy lbmethod loadbalancing balance balancer strategy method scheduler':
      'Write policy, e.g. policy: least-connections.',
    'hash hashon hashkey hashpolicy consistenthash': 'Write policy, e.g. policy: { hash: header.x-user }.',
    'warmup rampup': 'Write slowStart, e.g. slowStart: 30s.',
    'backup backups fallback failover priority zone region locality':
      'It stands at an endpoint, e.g. endpoints: [localhost:8080, { address: localhost:8081, backup: on }].',
    iphash: 'Write policy, e.g. policy: { hash: client }.',
    'server servers backend backends target targets upstream upstreams node nodes hosts instances members addresses urls url destinations to address':
      'Write endpoints, e.g. endpoints: [localhost:8081, localhost:8082].',
    'socket unix unixsocket socketpath': 'Write endpoints, e.g. endpoints: unix:/run/app.sock.',
    'retries tries maxretries proxynextupstream redispatch optionredispatch lbtryduration':
      'Write retry, e.g. retry: { attempts: 2 }.',
    'keepalive keepaliveconnections maxidleconns maxidleconnections': 'Write maxIdle, e.g. maxIdle: 16.',
    'keepalivetimeout idleconntimeout': 'Write idleTimeout, e.g. idleTimeout: 20s.',
    'maxconn maxconns maxconcurrentrequests maxconcurrency concurrency maxinflight connectionlimit':
      'Write maxRequests, of all endpoints together here, and of each one at it, e.g. maxRequests: 100.',
    'maxqueue queuesize maxpendingrequests maxwaiting': 'Write queue, e.g. queue: { max: 500 }.',
    'timeoutqueue queuetimeout': 'Write queue, e.g. queue: { timeout: 2s }.',
    'hedging hedgedrequests hedgepolicy speculativeretry': 'Write hedge, e.g. hedge: p95.',
    'passivehealthcheck passive outlierdetection maxfails failtimeout':
      'Write ejection, e.g. ejection: { failures: 3 }.',
    'circuitbreaker circuitbreakers breakers': 'Write breaker, e.g. breaker: { failures: 50% }.',
    'hostheader passhostheader preservehost changeorigin': 'Write host, e.g. host: client.',
    timeoutcheck: 'It stands in the check, e.g. check: { http: /healthcheck, timeout: 2s }.',
    ...TLS_OF_POOLS,
    'cookie cookies stickycookie stickysession stickysessions sessionaffinity affinity persistence stick stickiness session sessions appsession':
      'Write sticky, e.g. sticky: { cookie: SERVERID }.',
    'sticktable stickon': 'Write policy, e.g. policy: { hash: client }.',
    'weight weights': 'A weight stands at an endpoint, e.g. endpoints: [{ address: localhost:8081, weight: 2 }].',
    'route routes match path prefix':
      'Routes stand beside pools, e.g. routes: [{ match: { path: /v1/* }, pool: api }].',
    'deadline queueclass longpoll guards middleware': 'It stands in the route that leads to the pool.',
    [`ratelimit ratelimits ${RATE_WORDS}`]: 'It stands in the route that leads to the pool.',
    'stripprefix replaceprefix maxbody': 'It stands in the route that leads to the pool, or in defaults.',
    'sendproxy sendproxyv1': 'Write proxyProtocol, e.g. proxyProtocol: v1.',
    sendproxyv2: 'Write proxyProtocol, e.g. proxyProtocol: v2.',
    acceptproxy: 'Write proxyProtocol in the listener; in a pool it is what goes out to servers.',
  },
  Endpoint: {
    'url uri host hostname server target port ip name id':
      'Write address with host and port, e.g. address: localhost:8081.',
    'socket unix unixsocket socketpath path': 'Write address with unix: in front, e.g. address: unix:/run/app.sock.',
    [`tls ${TLS}`]: 'It stands in the pool as tls, and holds for each of its endpoints.',
    'weights share': 'Write weight, e.g. weight: 2.',
    'fallback failover standby': 'Write backup, e.g. backup: on.',
    'region locality availabilityzone rack': 'Write zone, e.g. zone: eu-1.',
    cookie: 'Fairlead makes the values itself: take it out. The pool has sticky.',
    'slowstart warmup zones sticky': 'It stands in the pool, and holds for each of its endpoints.',
    'maxconn maxconns maxconcurrentrequests maxconcurrency concurrency maxinflight':
      'Write maxRequests, e.g. maxRequests: 100.',
    'down disabled offline': 'Write weight: 0, or leave the endpoint out.',
    'check healthcheck maxconnections maxfails policy proxyprotocol sendproxy sendproxyv2':
      'It stands in the pool, and holds for each of its endpoints.',
  },
  ...OF_PROXY_PROTOCOL_MAPS,
  ...OF_LAYER4_MAPS,
  Sticky: {
    'name cookiename': 'Write cookie, e.g. cookie: SERVERID.',
    'maxage expires expiry lifetime maxlife maxidle timeout duration': 'Write ttl, e.g. ttl: 12h.',
    'secret hashsalt salt dynamiccookiekey secretkey': 'Write secretFile, e.g. secretFile: ./sticky.key.',
    'redispatch strict fallback fallbackpolicy maxqueue overflow': 'Write whenFull, e.g. whenFull: spill.',
    'httponly insert indirect nocache': 'That is always so: take it out.',
    'prefix rewrite preserve': 'Fairlead sets a cookie of its own, and leaves those of servers alone: take it out.',
  },
  Check: OF_CHECKS,
  ...OF_SMALL_MAPS,
  Timeouts: {
    ...TIMES,
    'httprequest clientheader requestheader readheader': 'Write requestHead, e.g. requestHead: 10s.',
    'httpkeepalive keepalivetimeout clientidle': 'Write keepAlive, e.g. keepAlive: 75s.',
    'shutdown graceful gracefulshutdown hardstopafter': 'Write drain, e.g. drain: 25s.',
  },
  ExchangeTimeouts: TIMES,
};

const OUR_WORDS = new Map(
  Object.entries(OURS).map(([place, words]) => [place, new Map(Object.entries(words).flatMap(eachWord))]),
);
const MISSING_WORDS = new Map(
  Object.entries(NOT_BUILT_WORDS).flatMap(([feature, words]) =>
    eachWord([words, NOT_BUILT[feature as MissingFeature]]),
  ),
);

function eachWord([words, cure]: readonly [string, string]): (readonly [string, string])[] {
  return words.split(' ').map((word) => [word, cure]);
}

/** In small maps words such as `status` and `errors` mean something else than what Fairlead does not have. */
const SMALL: ReadonlySet<string> = new Set(Object.keys(OF_SMALL_MAPS));
const HAS_PLACES = new Set([...OUR_WORDS.keys(), 'Defaults']);

/** What to do about a key that means something to another program; null: it is not known. */
export function cureForeignKey(name: string, title: string): string | null {
  if (!HAS_PLACES.has(title)) return null;
  const word = toWord(name);
  const ours = OUR_WORDS.get(title)?.get(word) ?? null;
  return ours ?? (SMALL.has(title) ? null : (MISSING_WORDS.get(word) ?? null));
}

/** How words of a config are compared: without case, `-`, `_` and blanks. */
export function toWord(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s]/g, '');
}

/** The words that have a cure of their own in the maps with this title. */
export function foreignKeys(title: string): readonly string[] {
  return [...(OUR_WORDS.get(title)?.keys() ?? [])];
}
