/**
 * Keys of other balancers' configs where ours does not have them: what they are called here, or that there is no such
 * thing yet. Words are compared without case, `-` and `_`: `health_check` and `healthCheck` are one.
 */
import { NOT_BUILT } from './not-built.ts';
import type { MissingFeature } from './not-built.ts';

/** A kind of map in the config: the title of its schema. */
type Place = 'Config' | 'Listener' | 'Route' | 'Match' | 'Pool' | 'Endpoint' | 'Check';

const TLS = 'tls ssl https cert ca cacert';

/** What to write instead, by place. `a b` are several words. */
const OURS: Readonly<Record<Place, Readonly<Record<string, string>>>> = {
  Config: {
    'upstream upstreams backend backends service services cluster clusters target targets server servers nodes':
      'Write pools, e.g. pools: { web: [localhost:8081] }.',
    'frontend frontends entrypoint entrypoints bind listen port host address http':
      'Write listeners, e.g. listeners: { web: ":80" }.',
    'rules locations location virtualhosts vhosts paths proxies proxy routers router':
      'Write routes, e.g. routes: [{ match: { path: /v1/* }, pool: api }, { pool: web }].',
    'log logs logging accesslogs logger': 'Write accessLog, e.g. accessLog: on.',
    'worker workers workerprocesses nbthread nbproc processes': 'Write threads, e.g. threads: 4.',
    'maxconn maxconns workerconnections connectionlimit': 'Write maxConnections, e.g. maxConnections: 5000.',
    'trustproxy trustedips realip setrealipfrom forwardedheaders':
      'Write trustedProxies, e.g. trustedProxies: [10.0.0.0/8].',
    'timeout requesttimeout proxytimeout': 'Write timeouts, e.g. timeouts: { responseHead: 30s }.',
    'healthcheck healthchecks check health':
      'Checks stand in a pool or in defaults, e.g. defaults: { check: { http: /healthcheck } }.',
    'algorithm strategy balance loadbalancing loadbalancer lb policy':
      'Policies stand in a pool or in defaults, e.g. defaults: { policy: least-connections }.',
    'retry retries': 'Retries stand in a pool or in defaults, e.g. defaults: { retry: { attempts: 2 } }.',
    'clientmaxbodysize maxbodysize maxbody bodylimit':
      'It stands in a route or in defaults, e.g. defaults: { maxBody: 10MiB }.',
    endpoints: 'Endpoints stand in a pool, e.g. pools: { web: [localhost:8081] }.',
  },
  Listener: {
    'port host bind listen addr ip hostname url': 'Write address, e.g. address: 127.0.0.1:8080.',
  },
  Route: {
    'backend upstream service target targets to proxypass usebackend forwardto cluster servers endpoints url handler':
      'Write pool and the name of one, e.g. pool: web.',
    'host hosts hostname domain domains servername path paths location uri prefix pathprefix method methods query cookie rule when matcher matchers conditions':
      'Conditions stand in match, e.g. match: { host: api.example.com, path: /v1/* }.',
    'trimprefix pathprefixstrip uristripprefix strippath': 'Write stripPrefix, e.g. stripPrefix: /v1.',
    'clientmaxbodysize maxbodysize bodylimit maxrequestbody': 'Write maxBody, e.g. maxBody: 10MiB.',
    'websocket websockets ws': 'WebSockets pass as it is; "upgrades" lists others.',
    'timeout readtimeout proxyreadtimeout responsetimeout': 'Write timeouts, e.g. timeouts: { responseHead: 30s }.',
    id: 'Write name.',
    'hash hashpolicy hashkey hashon': 'Write policy, e.g. policy: { hash: header.x-user }.',
    'log logging': 'Write accessLog, e.g. accessLog: off.',
    'retries tries maxretries': 'Write retry, e.g. retry: { attempts: 2 }.',
    'check ejection': 'It stands in the pool that the route names, or in defaults.',
  },
  Match: {
    'hosts hostname hostnames domain domains servername vhost': 'Write host, e.g. host: api.example.com.',
    'paths uri url location pathprefix prefix': 'Write path, e.g. path: /v1/*.',
    'pathregexp pathregex regex regexp': 'Write path with a map, e.g. path: { regex: ^/img/ }.',
    'methods verb verbs': 'Write method, e.g. method: [GET, HEAD].',
    'headers headerregexp': 'Write header, e.g. header: { x-beta: "1" }.',
    'queries querystring params arg args': 'Write query, e.g. query: { v: "2" }.',
    cookies: 'Write cookie, e.g. cookie: { session: { present: true } }.',
  },
  Pool: {
    'healthcheck healthchecks health healthpath healthuri activehealthcheck probe livenessprobe httpchk checks':
      'Write check, e.g. check: { http: /healthcheck, interval: 5s }.',
    'algorithm lb lbpolicy lbmethod loadbalancing loadbalancer balance balancer strategy method scheduler':
      'Write policy, e.g. policy: least-connections.',
    'hash hashon hashkey hashpolicy consistenthash': 'Write policy, e.g. policy: { hash: header.x-user }.',
    iphash: 'Write policy, e.g. policy: { hash: client }.',
    'server servers backend backends target targets upstream upstreams node nodes hosts instances members addresses urls url destinations to address':
      'Write endpoints, e.g. endpoints: [localhost:8081, localhost:8082].',
    'retries tries maxretries': 'Write retry, e.g. retry: { attempts: 2 }.',
    'keepalive keepaliveconnections maxidleconns maxidleconnections': 'Write maxIdle, e.g. maxIdle: 16.',
    'keepalivetimeout idleconntimeout': 'Write idleTimeout, e.g. idleTimeout: 20s.',
    'maxconn maxconns connectionlimit maxrequests': 'Write maxConnections, e.g. maxConnections: 100.',
    'passivehealthcheck passive outlierdetection maxfails failtimeout':
      'Write ejection, e.g. ejection: { failures: 3 }.',
    'hostheader passhostheader preservehost changeorigin': 'Write host, e.g. host: client.',
    'timeout connecttimeout responsetimeout readtimeout': 'Write timeouts, e.g. timeouts: { connect: 500ms }.',
    [TLS]: NOT_BUILT.tlsToEndpoints,
    'cookie cookies': NOT_BUILT.sticky,
    'weight weights': 'A weight stands at an endpoint, e.g. endpoints: [{ address: localhost:8081, weight: 2 }].',
    'route routes match path prefix':
      'Routes stand beside pools, e.g. routes: [{ match: { path: /v1/* }, pool: api }].',
    'stripprefix replaceprefix maxbody': 'It stands in the route that leads to the pool, or in defaults.',
  },
  Endpoint: {
    'url uri host hostname server target port ip name id':
      'Write address with host and port, e.g. address: localhost:8081.',
    [TLS]: NOT_BUILT.tlsToEndpoints,
    'weights share': 'Write weight, e.g. weight: 2.',
    'check healthcheck maxconn maxconns maxconnections maxfails policy':
      'It stands in the pool, and holds for each of its endpoints.',
  },
  Check: {
    'path uri url endpoint httppath status expect expectedstatus method body host headers':
      'It stands in http, e.g. http: { path: /healthcheck, status: 200 }.',
    'tls ssl checkssl': 'Write https in place of http, e.g. https: { path: /healthcheck }.',
    'type protocol': 'Write the kind itself, e.g. http: { path: /healthcheck }.',
    port: 'It stands in http or tcp, e.g. tcp: { port: 9000 }.',
    'every frequency period': 'Write interval, e.g. interval: 5s.',
    'rises passes healthythreshold successthreshold': 'Write rise, e.g. rise: 2.',
    'falls fails failures unhealthythreshold failurethreshold': 'Write fall, e.g. fall: 3.',
  },
};

/** What Fairlead does not have, wherever it is written. */
const MISSING: Readonly<Record<MissingFeature, string>> = {
  tls: 'tls ssl https cert certs certificate certificates certfile keyfile sslcertificate letsencrypt acme autohttps sni hsts',
  tlsToEndpoints: 'backendtls upstreamtls proxyssl insecureskipverify serverstransport',
  http2: 'http2 h2 h2c grpc alpn http3 quic',
  layer4: 'tcp udp stream mode layer4 l4',
  unixSockets: 'socket unix unixsocket',
  proxyProtocol: 'proxyprotocol acceptproxy sendproxy sendproxyv2',
  sticky:
    'sticky stickysession stickysessions sessionaffinity affinity persistence stick session sessions sticktable appsession',
  latencyPolicies: 'ewma leasttime',
  orderPolicies: 'first',
  backup: 'backup backups fallback failover priority zone zones region locality',
  slowStart: 'slowstart warmup',
  breaker: 'circuitbreaker circuitbreakers breaker',
  hedging: 'hedge hedging',
  mirroring: 'mirror mirrors mirroring shadow',
  split: 'split splits canary weighted weightedclusters trafficsplit splitclients',
  redirects: 'redirect redirects redirectto httpsredirect redirectscheme redirectregex forcehttps return',
  ownAnswers: 'respond response errorpage errorpages errors errorfile directresponse staticresponse status',
  rewriting: 'rewrite rewrites pathrewrite replacepath replacepathregex urlrewrite',
  headerRewriting:
    'header headers addheader addheaders setheader setheaders requestheaders responseheaders headerup headerdown proxysetheader customrequestheaders',
  cors: 'cors allowedorigins',
  auth: 'auth basicauth authentication jwt oauth oauth2 oidc forwardauth authrequest apikey',
  lists: 'allow deny acl acls allowlist denylist ipallowlist ipwhitelist whitelist blacklist ipfilter',
  rateLimits: 'ratelimit ratelimits ratelimiting limitreq limitconn throttle burst quota',
  cache: 'cache caching proxycache',
  compression: 'gzip brotli compress compression zstd encode',
  middleware: 'middleware middlewares plugin plugins filters handlers lua wasm',
  discovery: 'discovery provider providers docker consul etcd kubernetes k8s dns resolver resolvers registry eureka',
  admin: 'admin api dashboard stats metrics prometheus tracing opentelemetry otel telemetry ping',
  hostRegex: 'hostregexp hostregex',
};

const OUR_WORDS = new Map(
  Object.entries(OURS).map(([place, words]) => [place, new Map(Object.entries(words).flatMap(eachWord))]),
);
const MISSING_WORDS = new Map(
  Object.entries(MISSING).flatMap(([feature, words]) => eachWord([words, NOT_BUILT[feature as MissingFeature]])),
);

function eachWord([words, cure]: readonly [string, string]): (readonly [string, string])[] {
  return words.split(' ').map((word) => [word, cure]);
}

/** Small maps in which words such as `status` and `headers` mean something else. */
const HAS_PLACES = new Set([...OUR_WORDS.keys(), 'Defaults']);

/** What to do about a key that means something to another program; null: it is not known. */
export function cureForeignKey(name: string, title: string): string | null {
  if (!HAS_PLACES.has(title)) return null;
  const word = toWord(name);
  return OUR_WORDS.get(title)?.get(word) ?? MISSING_WORDS.get(word) ?? null;
}

/** How words of a config are compared: without case, `-`, `_` and blanks. */
export function toWord(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.\s]/g, '');
}

/** The words that have a cure of their own in the maps with this title. */
export function foreignKeys(title: string): readonly string[] {
  return [...(OUR_WORDS.get(title)?.keys() ?? [])];
}
