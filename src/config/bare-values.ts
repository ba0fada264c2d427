/** What to write where a map belongs and a bare value stands: the map that has the value in its likeliest key. */

type Places = readonly (readonly [wanted: RegExp, cure: string])[];

const COUNT = /^([1-9]\d?)$/;
const PORT = /^([1-9]\d{1,4})$/;
const TIME = /^(\d+(?:ms|s|m|h|d))$/;
const SIZE = /^(\d+(?:B|[kKMG]B|[KMG]iB))$/;
const PATH = /^(\/[\w./~%@+*-]*)$/;
const FILE = /^((?:\.{0,2}\/)?(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.log)$/;
const PEM = /^((?:\.{0,2}\/)?(?:[\w.-]+\/)*[\w.-]+\.(?:pem|crt|cer|p12|pfx))$/;
const ADDRESS = /^((?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\]):\d{1,5})$/;
const LEVEL = /^(info|warn|error)$/;
const ON = /^(?:on|true|yes)$/;
const NO = /^(?:no|none|never|disabled?|0)$/;
const WORD = /^([A-Za-z0-9_][\w-]*)$/;
const PAIR = /^([A-Za-z][\w-]*)(?:=|: ?)([\w.-]+)$/;
/** Whatever it is: an example. */
const ANY = /^[^]*$/;

/** Words for an access log that are no format. */
const LOG_PLACES: Places = [
  [/^(stdout|stderr)$/, 'Write accessLog: { to: $1 }.'],
  [LEVEL, 'Write accessLog: { level: $1 }.'],
  [FILE, 'Write accessLog: { to: { file: $1 } }.'],
];

const RETRY_PLACES: Places = [
  [/^([45]\d\d|connect|reset|timeout)$/, 'Write retry: { retryOn: $1 }.'],
  [COUNT, 'Write retry: { attempts: $1 }.'],
  [NO, 'Write retry: off.'],
  [ON, 'Take it out: retries are on until you write off.'],
  [SIZE, 'Write retry: { replayBuffer: $1 }.'],
  [TIME, 'Write retry: { backoff: $1 }.'],
  [ANY, 'Write off, or a map, e.g. retry: { attempts: 2 }.'],
];

const RATE_PLACES: Places = [
  [COUNT, 'Write a rate with its time, e.g. $1/s.'],
  [ANY, 'Write a rate such as 100/s, or a map, e.g. { rate: 100/s, burst: 200 }.'],
];

/** `$1` in a cure is the value; the first pattern that matches it wins. By the title of the map, or else its key. */
const PLACES: Readonly<Record<string, Places>> = {
  Retry: RETRY_PLACES,
  RouteRetry: RETRY_PLACES,
  Deadline: [
    [NO, 'Write deadline: off.'],
    [/^([A-Za-z][\w-]*-[\w-]*)$/, 'Write deadline: { header: $1 }.'],
    [ANY, 'Write off, or a map, e.g. deadline: { header: X-Request-Timeout }.'],
  ],
  Concurrency: [
    [COUNT, 'Write concurrency: $1.'],
    [NO, 'Take it out: there is no limit unless it is written.'],
    [ANY, 'Write a number, or a map, e.g. { max: 20, key: client }.'],
  ],
  RateLimit: RATE_PLACES,
  RouteRateLimit: RATE_PLACES,
  Hedge: [
    [NO, 'Write hedge: off.'],
    [ON, 'Write hedge: p95, or a time.'],
    [ANY, 'Write off, a percentile such as p95, or a time such as 50ms.'],
  ],
  RetryBudget: [
    [/^(\d{1,2}%)$/, 'Write budget: { share: $1 }.'],
    [/^(\d+\/s)$/, 'Write budget: { floor: $1 }.'],
    [NO, 'Write budget: off.'],
    [ON, 'Take it out: the budget is on until you write off.'],
    [ANY, 'Write off, or a map, e.g. budget: { share: 10% }.'],
  ],
  Ejection: [
    [COUNT, 'Write ejection: { failures: $1 }.'],
    [/^([45]\d\d)$/, 'Write ejection: { statuses: $1 }.'],
    [TIME, 'Write ejection: { time: $1 }.'],
    [NO, 'Write ejection: off.'],
    [ON, 'Take it out: ejection is on until you write off.'],
    [ANY, 'Write off, or a map, e.g. ejection: { failures: 3 }.'],
  ],
  Breaker: [
    [COUNT, 'Write breaker: { inARow: $1 }.'],
    [/^(\d{1,3}%)$/, 'Write breaker: { failures: $1 }.'],
    [TIME, 'Write breaker: { time: $1 }.'],
    [NO, 'Write breaker: off.'],
    [ON, 'Write breaker: {}, which is all defaults.'],
    [ANY, 'Write off, or a map, e.g. breaker: { failures: 50% }.'],
  ],
  Cors: [
    [NO, 'Write cors: off.'],
    [/^(any|[a-z][a-z0-9+.-]*:\/\/[^\s/]+)$/, 'Write cors: { origins: $1 }.'],
    [ANY, 'Write a map, e.g. cors: { origins: [https://app.example] }.'],
  ],
  Middleware: [[ANY, 'Write the path of a module, or a map, e.g. middleware: { module: ./tenant.ts }.']],
  AddressList: [[ANY, 'Write addresses, or a map, e.g. { file: ./drop.netset }.']],
  BanTable: [
    [COUNT, 'Write banTable: { keys: $1 }.'],
    [ON, 'Write banTable: {}, which is all defaults.'],
    [NO, 'Take it out: there is none unless it is written.'],
    [ANY, 'Write a map, e.g. banTable: { keys: 131072 }.'],
  ],
  SlowClients: [
    [NO, 'Write slowClients: off.'],
    [TIME, 'Write slowClients: { grace: $1 }.'],
    [/^(\d+[kKMG]?i?B)\/s$/, 'Write slowClients: { bodyRate: $1/s, responseRate: $1/s }.'],
    [SIZE, 'Write slowClients: { bodyRate: $1/s, responseRate: $1/s }.'],
    [ANY, 'Write off, or a map, e.g. slowClients: { grace: 10s }.'],
  ],
  Agent: [
    [COUNT, 'Write agent: { port: $1 }.'],
    [NO, 'Take it out: there is none unless it is written.'],
    [ANY, 'Write a map, e.g. agent: { port: 9707 }.'],
  ],
  Sticky: [
    [NO, 'Write sticky: off.'],
    [ON, 'Write sticky: cookie.'],
    [/^(?:socketio|socket-io|socket_io|websockets?)$/i, 'Write sticky: { socketIo: on }.'],
    [TIME, 'Write sticky: { ttl: $1 }.'],
    [
      /^(?:ip|source|address|ip[-_]?hash|client[-_]?(?:ip)?|source[-_]?ip)$/i,
      'That is a policy: write policy: { hash: client }, or with a cookie sticky: cookie.',
    ],
    [/^([A-Za-z][\w-]*)$/, 'Write sticky: { cookie: $1 }.'],
    [ANY, 'Write off, cookie, socket.io, or a map, e.g. sticky: { cookie: shop-server }.'],
  ],
  PoolTls: [
    [NO, 'Write tls: off.'],
    [ON, 'Write tls: on.'],
    [/^(1\.[23])$/, "Write tls: { minVersion: '$1' }."],
    [/^((?:\.{0,2}\/)?[^\s:]+\.(?:pem|crt|cer))$/i, 'Write tls: { ca: $1 }.'],
    [ANY, 'Write on, off, or a map, e.g. tls: { ca: ./internal-ca.pem }.'],
  ],
  Queue: [
    [COUNT, 'Write queue: { max: $1 }.'],
    [TIME, 'Write queue: { hold: $1 }.'],
    [NO, 'Write queue: off.'],
    [ON, 'Take it out: requests wait until you write off.'],
    [ANY, 'Write off, or a map, e.g. queue: { hold: 30s }.'],
  ],
  Match: [
    [PATH, 'Write match: { path: $1 }.'],
    [/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/, 'Write match: { method: $1 }.'],
    [/^(\*\.[\w.-]+)$/, 'Write match: { host: "$1" }.'],
    [/^((?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*)$/, 'Write match: { host: $1 }.'],
    [/^\*?$/, 'Leave it out: the route then takes every request.'],
    [ANY, 'Write a map of conditions, e.g. match: { host: api.example.com, path: /v1/* }.'],
  ],
  Check: [
    [/^(\/[\w./~%@+*?=&-]*)$/, 'Write check: { http: $1 }.'],
    [/^http:\/\/[^/]+(\/[\w./~%@+-]*)$/, 'Write check: { http: $1 }.'],
    [/^https:\/\/[^/]+(\/[\w./~%@+-]*)$/, 'Write check: { https: $1 }.'],
    [NO, 'Write check: off.'],
    [PORT, 'Write check: { tcp: { port: $1 } }.'],
    [TIME, 'Write check: { http: /healthcheck, interval: $1 }.'],
    [ANY, 'Write what to ask: check: { http: /healthcheck }, or check: tcp for a connection alone.'],
  ],
  Policy: [[ANY, 'Write the name of a policy, or a map, e.g. policy: { hash: header.x-user }.']],
  HashPolicy: [[ANY, 'Write a key, e.g. hash: client, or a map, e.g. hash: { key: client, table: maglev }.']],
  HttpCheck: [
    [PORT, 'Write http: { port: $1 }.'],
    [ANY, 'Write the path to ask, e.g. http: /healthcheck, or a map such as { path: /healthcheck, status: 200 }.'],
  ],
  HttpsCheck: [
    [PORT, 'Write https: { port: $1 }.'],
    [ANY, 'Write the path to ask, e.g. https: /healthcheck, or a map such as { path: /healthcheck, status: 200 }.'],
  ],
  GrpcCheck: [
    [PORT, 'Write grpc: { port: $1 }.'],
    [ANY, 'Write the service to ask for, e.g. grpc: shop.Orders, or grpc: {} for the server as a whole.'],
  ],
  TcpCheck: [
    [PORT, 'Write tcp: { port: $1 }.'],
    [ANY, 'Write tcp: {}.'],
  ],
  Timeouts: timeouts('Write a map, e.g. timeouts: { connect: 500ms, responseHead: 30s }.'),
  ExchangeTimeouts: timeouts('Write a map, e.g. timeouts: { connect: 500ms, responseHead: 30s }.'),
  Limits: [
    [SIZE, 'Write limits: { head: $1 }.'],
    [ANY, 'Write a map, e.g. limits: { head: 32KiB }; maxBody of a route limits bodies.'],
  ],
  Memory: [
    [SIZE, 'Write memory: { max: $1 }.'],
    [ANY, 'Write a map, e.g. memory: { max: 256MiB }.'],
  ],
  Headers: [
    [/^(on|off)$/, 'Write which, e.g. headers: { via: $1 }.'],
    [ANY, 'Write a map, e.g. headers: { via: off }.'],
  ],
  AccessLog: [...LOG_PLACES, [ANY, 'Write on, or a map, e.g. accessLog: { format: combined }.']],
  RouteAccessLog: [
    [LEVEL, 'Write accessLog: { level: $1 }.'],
    [ANY, 'Write on, off, or a map, e.g. accessLog: { level: warn }.'],
  ],
  LogRotation: [
    [SIZE, 'Write rotate: { size: $1 }.'],
    [/^(?:daily|24h|1d)$/, 'Write rotate: { every: 1d }.'],
    [/^(?:hourly|1h)$/, 'Write rotate: { every: 1h }.'],
    [COUNT, 'Write rotate: { keep: $1 }.'],
    [ANY, 'Write off, or a map, e.g. rotate: { size: 100MiB }.'],
  ],
  ReplacePrefix: [
    [/^(\/[\w./~%@+-]*)$/, 'Write both, e.g. replacePrefix: { prefix: $1, by: /v2 }; stripPrefix takes one off.'],
    [ANY, 'Write a map, e.g. replacePrefix: { prefix: /v1, by: /v2 }.'],
  ],
  RequestEdits: [[ANY, "Write a map, e.g. request: { set: { X-Client: '{client.ip}' } }."]],
  ResponseEdits: [[ANY, 'Write a map, e.g. response: { remove: Server }.']],
  CookieRules: [[ANY, "Write a map, e.g. cookies: { path: { '/': /app/ } }."]],
  Redirect: [
    [PORT, 'Write redirect: { to: https, port: $1 }.'],
    [/^(?:on|true)$/, 'Write redirect: https.'],
    [ANY, "Write redirect: https, or e.g. redirect: 'https://new.example{target}'."],
  ],
  Route: [
    [PATH, 'Write { match: { path: $1 }, pool: web }.'],
    [WORD, 'Write { pool: $1 }.'],
    [ANY, 'Write a map, e.g. { match: { path: /v1/* }, pool: api }.'],
  ],
  Pool: [
    [PORT, 'Write [localhost:$1].'],
    [ANY, 'Write its endpoints, e.g. [localhost:8081, localhost:8082].'],
  ],
  Endpoint: [[ANY, 'Write an address, e.g. localhost:8081.']],
  TcpListener: [[ANY, 'Write the name of a pool.']],
  UdpListener: [[ANY, 'Write the name of a pool.']],
  Listener: [[ANY, 'Write an address, e.g. 127.0.0.1:8080; each further one is a listener of its own.']],
  ProxyProtocol: [
    [/^([0-9A-Fa-f:.]+(?:\/\d{1,3})?)$/, 'Write proxyProtocol: { from: [$1] }.'],
    [NO, 'Write proxyProtocol: off.'],
    [ANY, 'Write who may send the header, e.g. proxyProtocol: { from: [10.0.0.0/8] }.'],
  ],
  PoolProxyProtocol: [
    [/^(?:version)?([12])$/i, 'Write proxyProtocol: v$1.'],
    [NO, 'Write proxyProtocol: off.'],
    [ANY, 'Write v1, v2, off, or a map, e.g. proxyProtocol: { version: 2, add: [crc32c] }.'],
  ],
  ListenerTls: [
    [PEM, 'Write tls: { certificates: $1 }.'],
    [NO, 'Write tls: off.'],
    [ANY, 'Name a certificate, e.g. tls: { certificates: example.com.pem }.'],
  ],
  Passthrough: [[ANY, 'Write names and their pools, e.g. passthrough: { "*.legacy.example.com": legacy }.']],
  Acme: [
    [/^(\S+@\S+)$/, 'Write acme: { email: $1, terms: agreed }.'],
    [/^(letsencrypt|letsencrypt-staging|https:\/\/\S+)$/, 'Write acme: { directory: $1, terms: agreed }.'],
    [NO, 'Write acme: off.'],
    [ANY, 'Write a map, e.g. acme: { email: ops@example.com, terms: agreed }.'],
  ],
  ClientCertificate: [
    [PEM, 'Write clientCertificate: { ca: $1 }.'],
    [NO, 'Write clientCertificate: off.'],
    [ANY, 'Name the authorities, e.g. clientCertificate: { ca: clients.pem }.'],
  ],
  Certificate: [[ANY, 'Write a path, or a map, e.g. { cert: example.com.crt, key: example.com.key }.']],
  Defaults: [[ANY, 'Write a map of keys and values, e.g. defaults: { policy: least-connections }.']],
  header: conditions('header', 'x-beta'),
  query: conditions('query', 'v'),
  cookie: conditions('cookie', 'session'),
  headers: [
    [PAIR, 'Write headers: { $1: "$2" }.'],
    [ANY, 'Write a map, e.g. headers: { x-probe: fairlead }.'],
  ],
  format: LOG_PLACES,
  to: [[FILE, 'Write to: { file: $1 }.']],
  listeners: [
    [PORT, 'Write listeners: { web: ":$1" }.'],
    [/^((?:\*|localhost|[\d.]+|\[[0-9A-Fa-f:.]+\])?:\d{1,5})$/, 'Write listeners: { web: "$1" }.'],
  ],
  pools: [[ADDRESS, 'Write pools: { web: ["$1"] }.']],
  routes: [[WORD, 'Write routes: [{ pool: $1 }].']],
};

function timeouts(example: string): Places {
  return [
    [TIME, 'Write which, e.g. timeouts: { responseHead: $1 }.'],
    [COUNT, 'Write which, with a unit, e.g. timeouts: { responseHead: $1s }.'],
    [ANY, example],
  ];
}

function conditions(key: string, name: string): Places {
  return [
    [PAIR, `Write ${key}: { $1: "$2" }.`],
    [WORD, `Write ${key}: { $1: { present: true } }.`],
    [ANY, `Write a map, e.g. ${key}: { ${name}: "1" }.`],
  ];
}

/** The cure, for a map by its title, or by its key where it has none; null: nothing is known of it. */
export function cureBareValue(value: unknown, title: string): string | null {
  const places = Object.hasOwn(PLACES, title) ? PLACES[title] : [];
  const isBare = ['string', 'number', 'boolean'].includes(typeof value);
  const text = isBare ? String(value) : '\n';
  const found = places.find(([wanted]) => wanted !== ANY && wanted.test(text));
  if (found !== undefined) return text.replace(...found);
  return cureGlued(text) ?? places.find(([wanted]) => wanted === ANY)?.[1] ?? null;
}

/** `web:127.0.0.1:8080`: a key and its value without a blank between them; null: it is none. */
export function cureGlued(text: string): string | null {
  const found = /^([A-Za-z_][\w-]*):((?!\/\/)[^\s:]\S*)/.exec(text);
  return found === null ? null : `Put a space after the colon: ${found[1]}: ${found[2]}.`;
}

/** The maps of which something is known. */
export const BARE_TITLES: readonly string[] = Object.keys(PLACES);
