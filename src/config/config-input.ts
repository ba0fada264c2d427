/**
 * What a user writes: the input of `defineConfig`, `createBalancer` and `reload`.
 * Written by `npm run docs` from the schema of the config: change it there.
 */
import type { ByteRate, Duration, Off, Percent, Percentile, Rate, Size, Toggle } from './written-values.ts';

/** A config. `PoolName` are the names of its pools, the only ones that its routes may name. */
export interface ConfigInput<PoolName extends string = string> {
  /**
   * Address of the JSON Schema, for editors. Fairlead does not look at it.
   * @example './fairlead.schema.json'
   */
  readonly $schema?: string;
  /**
   * Files and folders that hold more of the config, relative to this file.
   * @example ['pools.d']
   */
  readonly include?: readonly string[] | string;
  /**
   * Addresses to accept connections on. A listener is an address, or a map.
   * @defaultValue `{ web: '127.0.0.1:8080' }`
   * @example { web: ':80' }
   */
  readonly listeners?: Readonly<Record<string, ListenerInput<NoInfer<PoolName>> | string>>;
  /**
   * Which requests go to which pool. With a single pool they may be left out.
   * @defaultValue one route to the only pool
   * @example [{ match: { path: '/v1/*' }, pool: 'api' }, { pool: 'web' }]
   */
  readonly routes?: readonly RouteInput<NoInfer<PoolName>>[];
  /**
   * Named sets of servers. A pool is a list of endpoints, or a map.
   * @defaultValue required, unless all routes have `redirect`
   * @example { web: ['localhost:8081'] }
   */
  readonly pools?: Readonly<Record<PoolName, PoolInput | readonly (EndpointInput | string)[] | string>>;
  /**
   * Limits of rate that several routes share: each route names one in its `rateLimit`.
   * @example { login: { rate: '5/h', burst: 5 } }
   */
  readonly rateLimits?: Readonly<Record<string, RateLimitInput | string>>;
  /**
   * Keys of pools and routes, for all of them that do not write their own.
   * @example { policy: 'least-connections', retry: { attempts: 2 } }
   */
  readonly defaults?: DefaultsInput;
  /**
   * Data-plane threads. `auto`: as many as the process has processors. 0: in the caller's thread, for tests and embedding.
   * @defaultValue `'auto'`
   * @example 2
   */
  readonly threads?: 'auto' | number;
  /**
   * How long each wait may last. Pools and routes may set some of them for themselves.
   * @example { connect: '500ms', total: '30s' }
   */
  readonly timeouts?: TimeoutsInput;
  /**
   * How much clients have to send and take at least. Tunnels, `text/event-stream` and `application/grpc` may be as slow as they like.
   * @example { bodyRate: '1KiB/s', grace: '10s' }
   */
  readonly slowClients?: SlowClientsInput | Off | 'on' | true;
  /**
   * How large the head of a message may be.
   * @example { head: '32KiB' }
   */
  readonly limits?: LimitsInput;
  /**
   * Which headers Fairlead adds, beside those that it always adds.
   * @example { via: 'off' }
   */
  readonly headers?: HeadersInput;
  /**
   * Peers whose `X-Forwarded-*` and `Forwarded` are believed and appended to. Those of all others are replaced.
   * @defaultValue `[]`
   * @example ['10.0.0.0/8', 'fd00::/8']
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Named lists of addresses, for `allow` and `deny` of routes. A list is addresses, or a map.
   * @example { office: ['10.0.0.0/8', '2001:db8::/32'] }
   */
  readonly lists?: Readonly<Record<string, AddressListInput | readonly string[] | string>>;
  /**
   * Lets operators ban clients with `fairlead ban`: they get 403 `banned` on every route.
   * @defaultValue none: nobody is banned
   * @example { keys: 1000000 }
   */
  readonly banTable?: BanTableInput;
  /**
   * A line for each exchange. `on`: JSON on stdout.
   * @defaultValue `'off'`
   * @example { format: 'combined', to: { file: 'access.log' } }
   */
  readonly accessLog?: AccessLogInput | Off | 'on' | true | 'json' | 'common' | 'combined';
  /**
   * How much of what strangers send is kept for later.
   * @example { max: '256MiB' }
   */
  readonly memory?: MemoryInput;
  /**
   * Where this Fairlead stands: endpoints of the same zone are preferred. `none`: nowhere in particular.
   * @defaultValue `'none'`
   * @example 'eu-1'
   */
  readonly zone?: string;
  /**
   * Where `fairlead run` listens for `fairlead status` and the like: a Unix socket that only its user can open. `auto`: one that is found by the path of the config.
   * @defaultValue `'auto'`
   * @example 'unix:/run/fairlead/admin.sock'
   */
  readonly admin?: string;
  /**
   * Folder for what is to be there after a restart: certificates that Fairlead gets, and keys of session tickets. It is made if it is not there.
   * @defaultValue `$STATE_DIRECTORY`, which systemd sets, else none
   * @example '/var/lib/fairlead'
   */
  readonly stateDir?: string;
  /**
   * The authority that certificates come from, for the names in `acme` of listeners.
   * @defaultValue `'off'`
   * @example { email: 'ops@example.com', terms: 'agreed' }
   */
  readonly acme?: AcmeInput | Off;
  /**
   * Client connections of the process; beyond it accepting pauses. `auto`: three quarters of (descriptor limit − 256).
   * @defaultValue `'auto'`
   * @example 5000
   */
  readonly maxConnections?: 'auto' | number;
}

/** The authority that certificates come from, for the names in `acme` of listeners. */
export interface AcmeInput {
  /**
   * That you agree to the terms of the authority, which its site has. There is no default.
   * @example 'agreed'
   */
  readonly terms: 'agreed';
  /**
   * Whom the authority may write to.
   * @example 'ops@example.com'
   */
  readonly email?: string;
  /**
   * How the authority sees that a name leads here. `tls-alpn-01`: it comes to port 443 and asks for `acme-tls/1`. `http-01`: it comes to port 80 and asks for a path. `auto`: the first where the listener is at port 443, else the second.
   * @defaultValue `'auto'`
   * @example 'http-01'
   */
  readonly challenge?: 'auto' | 'tls-alpn-01' | 'http-01';
  /**
   * The authority: `letsencrypt`, its test authority `letsencrypt-staging`, or the URL of another one.
   * @defaultValue `'letsencrypt'`
   * @example 'letsencrypt-staging'
   */
  readonly directory?: string;
  /**
   * File with the certificates that the directory's own is of, where the system does not know them.
   * @defaultValue the system's
   * @example '/etc/fairlead/internal-ca.pem'
   */
  readonly ca?: string;
}

/** How much of what strangers send is kept for later. */
export interface MemoryInput {
  /**
   * Most that all exchanges together keep for later: bodies before there is an endpoint or for a retry, pipelined requests, parts of heads, log lines. `auto`: a quarter of the machine or of its cgroup limit, at least 64 MiB.
   * @defaultValue `'auto'`
   * @example '256MiB'
   */
  readonly max?: 'auto' | Size;
}

/** A line for each exchange. `on`: JSON on stdout. */
export interface AccessLogInput {
  /**
   * `json` (pino), `common`, `combined`, or a text of your own, e.g. `$client $method $path $status $totalMs`.
   * @defaultValue `'json'`
   * @example 'combined'
   */
  readonly format?: string;
  /**
   * Where lines go.
   * @defaultValue `'stdout'`
   * @example { file: 'access.log' }
   */
  readonly to?: 'stdout' | 'stderr' | LogFileInput;
  /**
   * `info`: a line for every exchange. `warn`: from status 400. `error`: from status 500, and answers that broke off.
   * @defaultValue `'info'`
   * @example 'warn'
   */
  readonly level?: 'info' | 'warn' | 'error';
  /**
   * `slow-or-failed`: a line only where an exchange took `slow` or longer, or is an error.
   * @defaultValue `'all'`
   * @example 'slow-or-failed'
   */
  readonly only?: 'all' | 'slow-or-failed';
  /**
   * From here on an exchange is slow. Tunnels never are.
   * @defaultValue `'1s'`
   * @example '200ms'
   */
  readonly slow?: Duration;
  /**
   * Share of the lines that are written; slow exchanges and errors always are.
   * @defaultValue `1`
   * @example 0.1
   */
  readonly sample?: number;
  /**
   * Query parameters whose values are replaced by `***`, whatever their case.
   * @defaultValue `['access_token', 'api_key', 'apikey', 'auth', 'code', 'key', 'password', 'secret', 'sig', 'signature', 'token']`
   * @example ['token', 'session']
   */
  readonly mask?: readonly string[] | string;
  /**
   * Room for lines on their way, for each thread. Beyond it lines are dropped and counted.
   * @defaultValue `'1MiB'`
   * @example '8MiB'
   */
  readonly buffer?: Size;
}

/** Where lines go. */
export interface LogFileInput {
  /**
   * Path of the file; it is made where it is not there, its folder too.
   * @example '/var/log/fairlead/access.log'
   */
  readonly file: string;
  /**
   * Puts the file aside by size or age. Off: leave that to others, who send SIGUSR1 afterwards.
   * @defaultValue `'off'`
   * @example { size: '1GiB', keep: 30 }
   */
  readonly rotate?: LogRotationInput | Off;
}

/** Puts the file aside by size or age. Off: leave that to others, who send SIGUSR1 afterwards. */
export interface LogRotationInput {
  /**
   * A file that has reached this size is put aside.
   * @defaultValue `'100MiB'`
   * @example '1GiB'
   */
  readonly size?: Size | Off;
  /**
   * A file is put aside at each full hour, or each midnight (UTC), whatever its size.
   * @defaultValue `'off'`
   * @example '1d'
   */
  readonly every?: 'off' | '1h' | '1d';
  /**
   * Files put aside that stay; older ones are removed.
   * @defaultValue `7`
   * @example 30
   */
  readonly keep?: number;
  /**
   * Packs files that are put aside with gzip.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly compress?: Toggle;
}

/** Lets operators ban clients with `fairlead ban`: they get 403 `banned` on every route. */
export interface BanTableInput {
  /**
   * Clients that can be banned at a time, eight bytes each; beyond it, the ban that ends soonest is over.
   * @defaultValue `131072`
   * @example 1000000
   */
  readonly keys?: number;
}

/** Named lists of addresses, for `allow` and `deny` of routes. A list is addresses, or a map. */
export interface AddressListInput {
  /**
   * Addresses and CIDR blocks. They may stand in place of the map.
   * @example ['10.0.0.0/8', '2001:db8::/32']
   */
  readonly addresses?: readonly string[] | string;
  /**
   * File with the list, watched: a line an entry (netset, `ipset save`, `deny` of nginx), or JSON. While it cannot be used, the last good one stays.
   * @example './drop.netset'
   */
  readonly file?: string;
  /**
   * Where the list is published. Fairlead gets it, and keeps the last good one in `stateDir`. Needs https, but for this machine.
   * @example 'https://ip-ranges.amazonaws.com/ip-ranges.json'
   */
  readonly url?: string;
  /**
   * How often what `url` names is looked at again.
   * @defaultValue `'1h'`
   * @example '15m'
   */
  readonly refresh?: Duration;
  /**
   * Of JSON: values that fields of the objects round an address must have; `*` stands for any text.
   * @defaultValue every address counts
   * @example { service: 'EC2', region: ['eu-*'] }
   */
  readonly where?: Readonly<Record<string, readonly (string | number | boolean)[] | string | number | boolean>>;
  /**
   * Of JSON: names of the fields that addresses are taken from, whatever lies between; `[]`: all.
   * @defaultValue `[]`
   * @example ['ip_prefix']
   */
  readonly keys?: readonly (string | number | boolean)[] | string | number | boolean;
  /**
   * Takes blocks wider than /8, of IPv6 than /24; a file or URL that has one is not used otherwise.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly allowWide?: Toggle;
}

/** Which headers Fairlead adds, beside those that it always adds. */
export interface HeadersInput {
  /**
   * Adds to `Via` in requests and answers. nginx servers stop compressing when they see it; `off` helps there.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly via?: Toggle;
  /**
   * Sets RFC 7239 `Forwarded` in requests, beside `X-Forwarded-*`.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly forwarded?: Toggle;
}

/** How large the head of a message may be. */
export interface LimitsInput {
  /**
   * Largest head of a request or an answer in all. Beyond it, 431 `head-too-large`.
   * @defaultValue `'16KiB'`
   * @example '32KiB'
   */
  readonly head?: Size;
  /**
   * Most header lines of a head. Beyond it, 431 `head-too-large`.
   * @defaultValue `100`
   * @example 200
   */
  readonly headers?: number;
  /**
   * Longest request target; below `limits.head`. Beyond it, 414 `target-too-long`.
   * @defaultValue `'8KiB'`
   * @example '4KiB'
   */
  readonly target?: Size;
}

/** How much clients have to send and take at least. Tunnels, `text/event-stream` and `application/grpc` may be as slow as they like. */
export interface SlowClientsInput {
  /**
   * The least of a request body that has to come, on average, while we are reading it. Below it 408 `body-too-slow`; cut, where the answer has begun.
   * @defaultValue `'240B/s'`
   * @example '1KiB/s'
   */
  readonly bodyRate?: ByteRate | Off;
  /**
   * The least of an answer that a client has to take, on average, while some of it waits. Below it the client is reset: `client-too-slow`.
   * @defaultValue `'240B/s'`
   * @example '1KiB/s'
   */
  readonly responseRate?: ByteRate | Off;
  /**
   * Nobody is judged before so much time of that kind is over.
   * @defaultValue `'30s'`
   * @example '10s'
   */
  readonly grace?: Duration;
}

/** How long each wait may last. Pools and routes may set some of them for themselves. */
export interface TimeoutsInput {
  /**
   * While a connection to an endpoint is made, each attempt anew. Then another endpoint, else 504 `connect-timeout`.
   * @defaultValue `'2s'`
   * @example '500ms'
   */
  readonly connect?: Duration;
  /**
   * From the first byte of a request head that did not come whole, to its end. Then 408 `request-timeout`.
   * @defaultValue `'10s'`
   * @example '5s'
   */
  readonly requestHead?: Duration;
  /**
   * Between two reads of a request body, while we are reading it. Then 408 `request-timeout`; cut, where the answer has begun.
   * @defaultValue `'30s'`
   * @example '10s'
   */
  readonly requestBodyIdle?: Duration;
  /**
   * From the last byte of the request to the head of the answer, all attempts together. Then 504 `response-timeout`.
   * @defaultValue `'30s'`
   * @example '5m'
   */
  readonly responseHead?: Duration;
  /**
   * Between two reads of an answer, while we are reading it. Then both sides are cut.
   * @defaultValue `'60s'`
   * @example '2m'
   */
  readonly responseIdle?: Duration;
  /**
   * In place of `responseIdle` for tunnels, `text/event-stream` and `application/grpc`. Then both sides are cut.
   * @defaultValue `'1h'`
   * @example '10m'
   */
  readonly tunnelIdle?: Duration;
  /**
   * On a session of layer 4 without a byte in either direction. Then both sides are cut. `listeners.*.tcp.idle` sets it for a listener.
   * @defaultValue `'1h'`
   * @example '10m'
   */
  readonly tcpIdle?: Duration;
  /**
   * While a side takes none of the bytes waiting for it. Then a client is reset; an endpoint: 504 `upstream-write-timeout`.
   * @defaultValue `'60s'`
   * @example '30s'
   */
  readonly writeIdle?: Duration;
  /**
   * On a client connection without a request, before its first byte too. Then it is closed.
   * @defaultValue `'75s'`
   * @example '2m'
   */
  readonly keepAlive?: Duration;
  /**
   * From a new connection (or the end of its PROXY header) to the end of the TLS handshake. Then it is closed.
   * @defaultValue `'10s'`
   * @example '5s'
   */
  readonly tlsHandshake?: Duration;
  /**
   * From SIGTERM or SIGINT to the end, in all. Then what is left is cut.
   * @defaultValue `'25s'`
   * @example '10s'
   */
  readonly drain?: Duration;
  /**
   * One attempt, to the head of its answer. Then 504 `response-timeout`; while connecting, as `connect`.
   * @defaultValue `'off'`
   * @example '2s'
   */
  readonly perTry?: Duration | Off;
  /**
   * A whole exchange, retries and the answer's body included; not tunnels. Then 504 `response-timeout`; cut, where the answer has begun.
   * @defaultValue `'off'`
   * @example '30s'
   */
  readonly total?: Duration | Off;
}

/** Keys of pools and routes, for all of them that do not write their own. */
export interface DefaultsInput {
  /**
   * How an endpoint is chosen: `round-robin` (in turn, smooth by weight), `least-connections` (fewest in flight per weight), `random`, `power-of-two` (of two random ones, that with fewer in flight per weight), `peak-ewma` (of two random ones, that which answers sooner for what it has in flight), `hash` (by what requests have in common), `first` (fills one after another).
   * @example 'least-connections'
   */
  readonly policy?:
    'round-robin' | 'least-connections' | 'random' | 'power-of-two' | 'peak-ewma' | 'first' | 'hash' | PolicyInput;
  /**
   * Active checks. With several, all must pass.
   * @example { http: { path: '/healthcheck' }, interval: '5s' }
   */
  readonly check?:
    CheckInput | 'tcp' | 'http' | 'https' | 'grpc' | readonly (CheckInput | 'tcp' | 'http' | 'https' | 'grpc')[] | Off;
  /**
   * Takes an endpoint out for a while after several of its requests in a row have failed.
   * @defaultValue on
   * @example { failures: 3 }
   */
  readonly ejection?: EjectionInput | Off;
  /**
   * A circuit breaker for each endpoint: leaves it alone for a while when too large a share of its requests fails.
   * @example { failures: '30%', window: '30s' }
   */
  readonly breaker?: BreakerInput | Off;
  /**
   * Further attempts where a request can safely have them. `off` is one attempt.
   * @defaultValue on
   * @example { attempts: 2 }
   */
  readonly retry?: RetryInput | Off;
  /**
   * Sends a request that has no answer yet to a second endpoint as well, where it may be sent twice; the first answer wins. It takes from the retry budget.
   * @example { delay: 'p95' }
   */
  readonly hedge?: HedgeInput | Off | Percentile | Duration;
  /**
   * Clients stay with their endpoint: `cookie` by a cookie that Fairlead sets, `socket.io` with what Socket.IO needs besides, or a map.
   * @example 'cookie'
   */
  readonly sticky?: StickyInput | Off | 'cookie' | 'socket.io';
  /**
   * How long an endpoint that was added or has recovered takes to reach its whole share; it begins with a tenth.
   * @example '30s'
   */
  readonly slowStart?: Duration | Off;
  /**
   * `prefer`: endpoints in the `zone` of Fairlead get its requests, as long as they are enough for their share.
   * @example 'ignore'
   */
  readonly zones?: 'prefer' | 'ignore';
  /**
   * Lets requests wait: for a place, and while no endpoint can be reached. `off`: none waits.
   * @defaultValue on
   * @example { hold: '30s' }
   */
  readonly queue?: QueueInput | Off;
  /**
   * Most requests in flight at all of its endpoints together, over all threads. Those beyond it wait in the queue.
   * @example 500
   */
  readonly maxRequests?: number | Off;
  /**
   * Most sockets per endpoint, over all threads, idle ones included.
   * @example 100
   */
  readonly maxConnections?: number | Off;
  /**
   * Most idle sockets kept per endpoint, over all threads; 0 keeps none.
   * @example 16
   */
  readonly maxIdle?: number;
  /**
   * How long an idle socket is kept without a hint (`Keep-Alive: timeout=N`) of the server. Raise it only for servers that keep theirs longer.
   * @example '20s'
   */
  readonly idleTimeout?: Duration;
  /**
   * With no endpoint eligible, tries those that are not known to refuse. `off`: requests wait, as `queue` says.
   * @example 'off'
   */
  readonly panic?: Toggle;
  /**
   * The Host that endpoints get: `client` as it came, `endpoint` the endpoint's own, or a name of your choice.
   * @example 'app.internal'
   */
  readonly host?: string;
  /**
   * How heads of answers are read. `lenient` takes lines that end with LF alone, as programs behind the CGI of small servers write them.
   * @example 'lenient'
   */
  readonly answers?: 'strict' | 'lenient';
  /**
   * Speaks TLS to the endpoints, and to their `http` checks. `on`: with the certificates that the system trusts.
   * @example { ca: './internal-ca.pem' }
   */
  readonly tls?: PoolTlsInput | Off | 'on';
  /**
   * Upgrades that pass, where the request asks for one; `[]` for none.
   * @example ['websocket', 'mqtt']
   */
  readonly upgrades?: readonly string[] | string;
  /**
   * Largest request body. Beyond it, 413 `payload-too-large`.
   * @example '10MiB'
   */
  readonly maxBody?: Size | Off;
}

/** Limits of rate that several routes share: each route names one in its `rateLimit`. */
export interface RateLimitInput {
  /**
   * How many requests, and in which time: `s`, `m`, `h`, `d`, or several of one (`100/10s`).
   * @example '100/s'
   */
  readonly rate: string;
  /**
   * How many may come at once after a pause.
   * @defaultValue those of one second, at least 1
   * @example 200
   */
  readonly burst?: number;
  /**
   * What requests have in common that are counted together: `client` (its address, of IPv6 the first 64 bits; `client/24`, `client/48`), `peer`, `host`, `route`, `listener`, `header.NAME`, `cookie.NAME`, `query.NAME`, or a list of these.
   * @defaultValue `'client'`
   * @example 'header.x-api-key'
   */
  readonly key?: readonly string[] | string;
  /**
   * What happens to a request that lacks a part of its key: the limit does not hold for it, or holds for its client.
   * @defaultValue `'skip'`
   * @example 'client'
   */
  readonly missing?: 'skip' | 'client';
  /**
   * Room for so many different keys, 8 bytes each, rounded up to a power of two. Where there are more, those that have used up the least are forgotten.
   * @defaultValue `65536`
   * @example 131072
   */
  readonly keys?: number;
  /**
   * How many requests one of them counts for.
   * @defaultValue `1`
   * @example 5
   */
  readonly cost?: number;
  /**
   * How long a request that comes too early waits at most, so that requests go on at the rate; `off`: it is refused at once.
   * @defaultValue `'off'`
   * @example '500ms'
   */
  readonly wait?: Duration | Off;
  /**
   * Which answers have `RateLimit` and `RateLimit-Policy`: those that refuse, all, or none.
   * @defaultValue `'refused'`
   * @example 'always'
   */
  readonly headers?: 'refused' | 'always' | 'off';
  /**
   * Sends `X-RateLimit-Limit`, `-Remaining` and `-Reset` beside them.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly legacyHeaders?: Toggle;
  /**
   * Refuses nobody: what would have been refused is counted, and told in the access log.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly dryRun?: Toggle;
}

/** A named set of servers: how one is chosen, and what keeps the pool up. */
export interface PoolInput {
  /**
   * How an endpoint is chosen: `round-robin` (in turn, smooth by weight), `least-connections` (fewest in flight per weight), `random`, `power-of-two` (of two random ones, that with fewer in flight per weight), `peak-ewma` (of two random ones, that which answers sooner for what it has in flight), `hash` (by what requests have in common), `first` (fills one after another).
   * @defaultValue `'power-of-two'`
   * @example 'least-connections'
   */
  readonly policy?:
    'round-robin' | 'least-connections' | 'random' | 'power-of-two' | 'peak-ewma' | 'first' | 'hash' | PolicyInput;
  /**
   * The servers; at least one, each address once.
   * @example ['localhost:8081', { address: 'localhost:8082', weight: 2 }]
   */
  readonly endpoints: readonly (EndpointInput | string)[] | EndpointInput | string;
  /**
   * Active checks. With several, all must pass.
   * @example { http: { path: '/healthcheck' }, interval: '5s' }
   */
  readonly check?:
    CheckInput | 'tcp' | 'http' | 'https' | 'grpc' | readonly (CheckInput | 'tcp' | 'http' | 'https' | 'grpc')[] | Off;
  /**
   * The agent that each server runs beside itself: it sets the server's weight, drains it or takes it out.
   * @defaultValue `'off'`
   * @example { port: 8081 }
   */
  readonly agent?: AgentInput | Off;
  /**
   * Takes an endpoint out for a while after several of its requests in a row have failed.
   * @defaultValue on
   * @example { failures: 3 }
   */
  readonly ejection?: EjectionInput | Off;
  /**
   * A circuit breaker for each endpoint: leaves it alone for a while when too large a share of its requests fails.
   * @defaultValue `'off'`
   * @example { failures: '30%', window: '30s' }
   */
  readonly breaker?: BreakerInput | Off;
  /**
   * Further attempts where a request can safely have them. `off` is one attempt.
   * @defaultValue on
   * @example { attempts: 2 }
   */
  readonly retry?: RetryInput | Off;
  /**
   * Clients stay with their endpoint: `cookie` by a cookie that Fairlead sets, `socket.io` with what Socket.IO needs besides, or a map.
   * @defaultValue `'off'`
   * @example 'cookie'
   */
  readonly sticky?: StickyInput | Off | 'cookie' | 'socket.io';
  /**
   * How long an endpoint that was added or has recovered takes to reach its whole share; it begins with a tenth.
   * @defaultValue `'off'`
   * @example '30s'
   */
  readonly slowStart?: Duration | Off;
  /**
   * `prefer`: endpoints in the `zone` of Fairlead get its requests, as long as they are enough for their share.
   * @defaultValue `'prefer'`
   * @example 'ignore'
   */
  readonly zones?: 'prefer' | 'ignore';
  /**
   * Lets requests wait: for a place, and while no endpoint can be reached. `off`: none waits.
   * @defaultValue on
   * @example { hold: '30s' }
   */
  readonly queue?: QueueInput | Off;
  /**
   * Sends a request that has no answer yet to a second endpoint as well, where it may be sent twice; the first answer wins. It takes from the retry budget.
   * @defaultValue `'off'`
   * @example { delay: 'p95' }
   */
  readonly hedge?: HedgeInput | Off | Percentile | Duration;
  /**
   * Most requests in flight at all of its endpoints together, over all threads. Those beyond it wait in the queue.
   * @defaultValue `'off'`
   * @example 500
   */
  readonly maxRequests?: number | Off;
  /**
   * Most sockets per endpoint, over all threads, idle ones included.
   * @defaultValue `'off'`
   * @example 100
   */
  readonly maxConnections?: number | Off;
  /**
   * Most idle sockets kept per endpoint, over all threads; 0 keeps none.
   * @defaultValue `32`
   * @example 16
   */
  readonly maxIdle?: number;
  /**
   * How long an idle socket is kept without a hint (`Keep-Alive: timeout=N`) of the server. Raise it only for servers that keep theirs longer.
   * @defaultValue `'4s'`
   * @example '20s'
   */
  readonly idleTimeout?: Duration;
  /**
   * With no endpoint eligible, tries those that are not known to refuse. `off`: requests wait, as `queue` says.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly panic?: Toggle;
  /**
   * The Host that endpoints get: `client` as it came, `endpoint` the endpoint's own, or a name of your choice.
   * @defaultValue `'client'`
   * @example 'app.internal'
   */
  readonly host?: string;
  /**
   * How heads of answers are read. `lenient` takes lines that end with LF alone, as programs behind the CGI of small servers write them.
   * @defaultValue `'strict'`
   * @example 'lenient'
   */
  readonly answers?: 'strict' | 'lenient';
  /**
   * Connections to its endpoints begin with a PROXY header, which says who the client is. Each client connection then has connections of its own.
   * @defaultValue `'off'`
   * @example 'v2'
   */
  readonly proxyProtocol?: PoolProxyProtocolInput | 'v1' | 'v2' | Off;
  /**
   * Speaks TLS to the endpoints, and to their `http` checks. `on`: with the certificates that the system trusts.
   * @defaultValue `'off'`
   * @example { ca: './internal-ca.pem' }
   */
  readonly tls?: PoolTlsInput | Off | 'on';
  /**
   * Timeouts for the requests to this pool. A route may set its own on top.
   * @defaultValue those of the config
   * @example { connect: '500ms' }
   */
  readonly timeouts?: ExchangeTimeoutsInput;
}

/** Speaks TLS to the endpoints, and to their `http` checks. `on`: with the certificates that the system trusts. */
export interface PoolTlsInput {
  /**
   * File with the certificates, in PEM, that are trusted instead of those of the system.
   * @defaultValue the system's
   * @example './internal-ca.pem'
   */
  readonly ca?: string;
  /**
   * File with the certificate and its chain, in PEM, that is shown to endpoints that ask for one.
   * @example './client.pem'
   */
  readonly certificate?: string;
  /**
   * File with the key of `certificate`, in PEM.
   * @defaultValue the file of `certificate`
   * @example './client.key'
   */
  readonly key?: string;
  /**
   * The name that endpoints are asked for (SNI), and that has to be in their certificates.
   * @defaultValue the Host that endpoints get, without its port
   * @example 'api.internal'
   */
  readonly name?: string;
  /**
   * Whether the certificate and the name in it are looked at. `off` trusts whoever answers.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly verify?: Toggle;
  /**
   * The oldest version of TLS that is spoken.
   * @defaultValue `'1.2'`
   * @example '1.3'
   */
  readonly minVersion?: '1.2' | '1.3';
  /**
   * Protocols that endpoints are offered (ALPN); `[]` for none: some old servers do not know the question.
   * @defaultValue `['http/1.1']`
   * @example []
   */
  readonly alpn?: readonly 'http/1.1'[] | 'http/1.1';
}

/** Connections to its endpoints begin with a PROXY header, which says who the client is. Each client connection then has connections of its own. */
export interface PoolProxyProtocolInput {
  /**
   * 1 is a line of text. 2 is binary, and may have fields.
   * @example 2
   */
  readonly version: 1 | 2;
  /**
   * Fields of version 2. `authority`: the name that the client asked for in TLS. `alpn`: the protocol agreed on there. `ssl`: version, cipher and certificates. `unique-id`: the id of the first request. `crc32c`: a checksum.
   * @example ['unique-id', 'crc32c']
   */
  readonly add?:
    | readonly ('alpn' | 'authority' | 'unique-id' | 'ssl' | 'crc32c')[]
    | 'alpn'
    | 'authority'
    | 'unique-id'
    | 'ssl'
    | 'crc32c';
}

/** Lets requests wait: for a place, and while no endpoint can be reached. `off`: none waits. */
export interface QueueInput {
  /**
   * Most requests that wait, over all threads; beyond it 503 `queue-full`.
   * @defaultValue `1024`
   * @example 200
   */
  readonly max?: number;
  /**
   * How long requests wait for a place under `maxRequests`, where `target` does not end it sooner; then 503 `queue-timeout`.
   * @defaultValue `timeouts.connect`
   * @example '5s'
   */
  readonly timeout?: Duration;
  /**
   * A queue in which requests have waited longer than this for as long again sheds those that have waited longer, with 503 `queue-shed`. Set it above the time that answers take.
   * @defaultValue `'100ms'`
   * @example '500ms'
   */
  readonly target?: Duration | Off;
  /**
   * How long requests wait while no endpoint can be reached; then 503 `held-too-long`. At most 1 s where none has answered in the last 10 minutes.
   * @defaultValue `'10s'`
   * @example '30s'
   */
  readonly hold?: Duration | Off;
}

/** Clients stay with their endpoint: `cookie` by a cookie that Fairlead sets, `socket.io` with what Socket.IO needs besides, or a map. */
export interface StickyInput {
  /**
   * Name of the cookie. Pools with different servers under the same host need different names.
   * @defaultValue `'fairlead'`
   * @example 'shop-server'
   */
  readonly cookie?: string;
  /**
   * File with the secret, at least 16 bytes, that values are made with (`openssl rand -hex 32`). Without one a secret is made at each start, and a restart gives every client an endpoint anew.
   * @defaultValue made at the start
   * @example './sticky.key'
   */
  readonly secretFile?: string;
  /**
   * How long a client keeps the cookie: until the browser is closed, or a time that begins anew as the client comes back.
   * @defaultValue `'session'`
   * @example '12h'
   */
  readonly ttl?: 'session' | Duration;
  /**
   * Under which path clients send the cookie.
   * @defaultValue `'/'`
   * @example '/app'
   */
  readonly path?: string;
  /**
   * Clients send the cookie to all hosts of this domain; `none`: to the host that has set it.
   * @defaultValue `'none'`
   * @example 'example.com'
   */
  readonly domain?: string;
  /**
   * Whether clients send the cookie with requests that other sites cause. `none` makes it `Secure`.
   * @defaultValue `'lax'`
   * @example 'strict'
   */
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /**
   * Whether clients send the cookie over https only. `auto`: where it was set over https, which a trusted proxy in front may say.
   * @defaultValue `'auto'`
   * @example 'on'
   */
  readonly secure?: 'auto' | 'on' | 'off';
  /**
   * What a client does whose endpoint has as many requests in flight as `maxRequests` allows: `wait` for a place there, as in any queue, or `spill`: go to another one this time, and stay bound to its own.
   * @defaultValue `'wait'`
   * @example 'spill'
   */
  readonly whenFull?: 'wait' | 'spill';
  /**
   * Requests of Socket.IO (with `EIO` in the query) that bring no cookie go by the address of their client.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly socketIo?: Toggle;
}

/** Further attempts where a request can safely have them. `off` is one attempt. */
export interface RetryInput {
  /**
   * All attempts, the first included. Connects that were refused are not counted.
   * @defaultValue `3`
   * @example 2
   */
  readonly attempts?: number;
  /**
   * `connect`: the connection failed, nothing was sent. For requests that may be sent twice: `reset`, closed before any byte of the answer; `timeout`, `perTry` or `writeIdle` ran out; a status, answered by it. `[]`: none.
   * @defaultValue `['connect', 'reset']`
   * @example ['connect', 'reset', 503]
   */
  readonly retryOn?: readonly ('connect' | 'reset' | 'timeout' | number)[] | 'connect' | 'reset' | 'timeout' | number;
  /**
   * Largest request body kept for another attempt.
   * @defaultValue `'64KiB'`
   * @example '16KiB'
   */
  readonly replayBuffer?: Size | Off;
  /**
   * A random time below `backoff` × 2ⁿ passes before the n-th retry. `off`: none.
   * @defaultValue `'25ms'`
   * @example '50ms'
   */
  readonly backoff?: Duration | Off;
  /**
   * The longest of these times. `off`: none passes.
   * @defaultValue `'250ms'`
   * @example '1s'
   */
  readonly maxBackoff?: Duration | Off;
  /**
   * Moves requests that have no answer yet off an endpoint that is down: whose check is refused, reset or not answered, or that was ejected for connects, timeouts or silence.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly rescue?: Toggle;
  /**
   * Most further attempts for the whole pool, whatever its routes say. `off`: no bound.
   * @defaultValue on
   * @example { share: '10%' }
   */
  readonly budget?: RetryBudgetInput | Off;
}

/** Most further attempts for the whole pool, whatever its routes say. `off`: no bound. */
export interface RetryBudgetInput {
  /**
   * Further attempts per requests of the last 10 s, over all threads.
   * @defaultValue `'20%'`
   * @example '10%'
   */
  readonly share?: Percent | Off;
  /**
   * So many besides, for pools with few requests.
   * @defaultValue `'10/s'`
   * @example '1/s'
   */
  readonly floor?: Rate | Off;
}

/** A circuit breaker for each endpoint: leaves it alone for a while when too large a share of its requests fails. */
export interface BreakerInput {
  /**
   * Opens where at least this share of the requests within `window` failed.
   * @defaultValue `'50%'`
   * @example '30%'
   */
  readonly failures?: Percent;
  /**
   * How far that share looks back.
   * @defaultValue `'10s'`
   * @example '30s'
   */
  readonly window?: Duration;
  /**
   * With fewer requests within `window`, their share does not count.
   * @defaultValue `20`
   * @example 100
   */
  readonly requests?: number;
  /**
   * Opens as well after this many failures in a row, over all threads.
   * @defaultValue `5`
   * @example 10
   */
  readonly inARow?: number | Off;
  /**
   * How long it is open at first; each further time takes twice as long.
   * @defaultValue `'5s'`
   * @example '2s'
   */
  readonly time?: Duration;
  /**
   * The longest time that it is open.
   * @defaultValue `60s`, at least `time`
   * @example '2m'
   */
  readonly maxTime?: Duration;
  /**
   * Requests that are let through when that time is over; it closes when all of them have been answered well.
   * @defaultValue `3`
   * @example 1
   */
  readonly probes?: number;
  /**
   * Opens even for the last endpoint that is left, and whatever the others do. Requests that find no endpoint are answered 503 `breaker-open` at once.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly failFast?: Toggle;
}

/** Takes an endpoint out for a while after several of its requests in a row have failed. */
export interface EjectionInput {
  /**
   * Failures in a row, over all threads: connect error, reset, timeout, or a listed status.
   * @defaultValue `5`
   * @example 3
   */
  readonly failures?: number;
  /**
   * Answers that count as failures.
   * @defaultValue `[502, 503, 504]`
   * @example [500, 503]
   */
  readonly statuses?: readonly number[] | number;
  /**
   * The first ejection; each further one takes twice as long.
   * @defaultValue `'2s'`
   * @example '10s'
   */
  readonly time?: Duration;
  /**
   * The longest ejection.
   * @defaultValue `60s`, at least `time`
   * @example '1m'
   */
  readonly maxTime?: Duration;
  /**
   * An endpoint with 3 requests unanswered for so long, and no byte from it since, while others answer, is ejected. `auto` goes by how long answers take.
   * @defaultValue `'auto'`
   * @example '5s'
   */
  readonly silence?: 'auto' | Duration | Off;
  /**
   * Ejects as well where the success rate within 10 s is under mean − 1.9 σ of the pool, with at least 5 endpoints of at least 100 requests.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly successRate?: Toggle;
  /**
   * Largest share of the pool that may be ejected. Endpoints that refuse connections do not count.
   * @defaultValue `auto`: `50%` of fewer than 10 endpoints, else `30%`
   * @example '30%'
   */
  readonly maxShare?: 'auto' | Percent;
  /**
   * Ejects no endpoint, and logs which it would have ejected.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly dryRun?: Toggle;
}

/** The agent that each server runs beside itself: it sets the server's weight, drains it or takes it out. */
export interface AgentInput {
  /**
   * Port of the agent, at the endpoint's address.
   * @example 8081
   */
  readonly port: number;
  /**
   * From the end of one question to the start of the next.
   * @defaultValue `'5s'`
   * @example '2s'
   */
  readonly interval?: Duration;
}

/** An active check: asks each endpoint whether it is well. */
export interface CheckInput {
  /**
   * A check that passes when the connection opens, or on the bytes that it is to wait for.
   * @example { port: 9000 }
   */
  readonly tcp?: TcpCheckInput | null;
  /**
   * A check that passes on an expected answer; redirects are not followed. A path alone is short for `{ path: … }`.
   * @example { path: '/healthcheck' }
   */
  readonly http?: HttpCheckInput | string | null;
  /**
   * The same over TLS. The name in the certificate is to be `host`, else that of the endpoint. A path alone is short for `{ path: … }`.
   * @example { path: '/healthcheck', ca: '/etc/ssl/internal-ca.pem' }
   */
  readonly https?: HttpsCheckInput | string | null;
  /**
   * A check that passes where gRPC's health service (grpc.health.v1) says SERVING. A service alone is short for `{ service: … }`.
   * @example { service: 'shop.Orders' }
   */
  readonly grpc?: GrpcCheckInput | string | null;
  /**
   * From the end of a check to the start of the next, while healthy.
   * @defaultValue `'5s'`
   * @example '10s'
   */
  readonly interval?: Duration;
  /**
   * The same while the answers disagree, and after traffic failed.
   * @defaultValue `1s`, at most `interval`
   * @example '500ms'
   */
  readonly fastInterval?: Duration;
  /**
   * The same while unhealthy.
   * @defaultValue `interval`
   * @example '20s'
   */
  readonly downInterval?: Duration;
  /**
   * For the whole check.
   * @defaultValue `'2s'`
   * @example '500ms'
   */
  readonly timeout?: Duration;
  /**
   * Passes in a row until healthy.
   * @defaultValue `2`
   * @example 3
   */
  readonly rise?: number;
  /**
   * Failures in a row until unhealthy.
   * @defaultValue `3`
   * @example 2
   */
  readonly fall?: number;
  /**
   * A slower pass is a failure.
   * @defaultValue `'off'`
   * @example '200ms'
   */
  readonly maxLatency?: Duration | Off;
  /**
   * What counts until the first answer, which alone decides.
   * @defaultValue `'healthy'`
   * @example 'unhealthy'
   */
  readonly start?: 'healthy' | 'unhealthy';
}

/** A check that passes where gRPC's health service (grpc.health.v1) says SERVING. A service alone is short for `{ service: … }`. */
export interface GrpcCheckInput {
  /**
   * The service that is asked for.
   * @defaultValue the server as a whole
   * @example 'shop.Orders'
   */
  readonly service?: string;
  /**
   * Port to ask, at the address of the endpoint.
   * @defaultValue the endpoint's
   * @example 9000
   */
  readonly port?: number;
  /**
   * What the check sends as `:authority`.
   * @defaultValue the endpoint's
   * @example 'health.example.com'
   */
  readonly host?: string;
}

/** The same over TLS. The name in the certificate is to be `host`, else that of the endpoint. A path alone is short for `{ path: … }`. */
export interface HttpsCheckInput {
  /**
   * What the check asks for, with a query if there is one.
   * @defaultValue `'/'`
   * @example '/healthcheck'
   */
  readonly path?: string;
  /**
   * The method of the check.
   * @defaultValue `'GET'`
   * @example 'HEAD'
   */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS';
  /**
   * Headers of the check. `User-Agent` is `fairlead-check` unless it is set here.
   * @defaultValue `{}`
   * @example { 'x-probe': 'fairlead' }
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Answers that pass: a status, a range such as `200-299`, a group such as `2xx`.
   * @defaultValue `['200-399']`
   * @example [200, 204]
   */
  readonly status?: readonly (string | number)[] | string | number;
  /**
   * Text that must occur in the first 64 KiB of the body. Not with `HEAD`.
   * @defaultValue any body
   * @example 'ok'
   */
  readonly body?: string;
  /**
   * Port to ask, at the address of the endpoint.
   * @defaultValue the endpoint's
   * @example 9000
   */
  readonly port?: number;
  /**
   * Host header of the check.
   * @defaultValue the endpoint's
   * @example 'health.example.com'
   */
  readonly host?: string;
  /**
   * File with the certificates, in PEM, that are trusted instead of those of the system.
   * @defaultValue the system's
   * @example '/etc/ssl/internal-ca.pem'
   */
  readonly ca?: string;
  /**
   * Whether the certificate and the name in it are looked at. `off` trusts whoever answers.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly verify?: Toggle;
}

/** A check that passes on an expected answer. */
export interface HttpCheckInput {
  /**
   * What the check asks for, with a query if there is one.
   * @defaultValue `'/'`
   * @example '/healthcheck'
   */
  readonly path?: string;
  /**
   * The method of the check.
   * @defaultValue `'GET'`
   * @example 'HEAD'
   */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS';
  /**
   * Headers of the check. `User-Agent` is `fairlead-check` unless it is set here.
   * @defaultValue `{}`
   * @example { 'x-probe': 'fairlead' }
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Answers that pass: a status, a range such as `200-299`, a group such as `2xx`.
   * @defaultValue `['200-399']`
   * @example [200, 204]
   */
  readonly status?: readonly (string | number)[] | string | number;
  /**
   * Text that must occur in the first 64 KiB of the body. Not with `HEAD`.
   * @defaultValue any body
   * @example 'ok'
   */
  readonly body?: string;
  /**
   * Port to ask, at the address of the endpoint.
   * @defaultValue the endpoint's
   * @example 9000
   */
  readonly port?: number;
  /**
   * Host header of the check.
   * @defaultValue the endpoint's
   * @example 'health.example.com'
   */
  readonly host?: string;
}

/** A check that passes when the connection opens. */
export interface TcpCheckInput {
  /**
   * Port to connect to, at the address of the endpoint.
   * @defaultValue the endpoint's
   * @example 9000
   */
  readonly port?: number;
  /**
 * What is written once the connection is open.
 * @defaultValue nothing
 * @example 'PING
'
 */
  readonly send?: string;
  /**
   * Text that must occur in the first 64 KiB of what comes.
   * @defaultValue nothing is waited for
   * @example '+PONG'
   */
  readonly expect?: string;
}

/** One server of a pool. */
export interface EndpointInput {
  /**
   * A name or a numeric address, and a port, or a unix socket: the endpoint's identity within its pool.
   * @example 'localhost:8081'
   */
  readonly address: string;
  /**
   * Its share of the requests, fractions too; 0 takes none.
   * @defaultValue `1`
   * @example 2
   */
  readonly weight?: number;
  /**
   * Endpoints of priority 0 are used first. Those of the next priority take what is too much for the ones that are left of it.
   * @defaultValue `0`
   * @example 1
   */
  readonly priority?: number;
  /**
   * Where it stands. Those in the `zone` of Fairlead are preferred.
   * @defaultValue `'none'`
   * @example 'eu-1'
   */
  readonly zone?: string;
  /**
   * The last resort: used while no other endpoint of the pool is eligible.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly backup?: Toggle;
  /**
   * Most requests in flight at it, over all threads. Where all endpoints are full, requests wait.
   * @defaultValue `'off'`
   * @example 50
   */
  readonly maxRequests?: number | Off;
}

/** Which requests go to which pool, and what happens to them on the way. */
export interface RouteInput<PoolName extends string = string> {
  /**
   * Identity of the route in logs and over reloads. Two routes cannot share a name.
   * @defaultValue its place, from `1`
   * @example 'api'
   */
  readonly name?: string | number;
  /**
   * Conditions, all of which must hold.
   * @defaultValue every request
   * @example { path: '/v1/*' }
   */
  readonly match?: MatchInput;
  /**
   * Where its requests go.
   * @defaultValue required, unless there is `redirect`
   * @example 'web'
   */
  readonly pool?: PoolName;
  /**
   * Answers its requests with a redirect in place of a pool. `https`: to the same by https; such a route takes only requests that did not come by https.
   * @example 'https'
   */
  readonly redirect?: RedirectInput | string;
  /**
   * Clients that may use the route, by addresses, blocks and names of `lists`; all others get 403 `denied`. `deny` goes first.
   * @defaultValue everybody who is not denied
   * @example ['10.0.0.0/8', 'office']
   */
  readonly allow?: readonly string[] | string;
  /**
   * Clients that get 403 `denied`, in the same words.
   * @defaultValue nobody
   * @example ['drop']
   */
  readonly deny?: readonly string[] | string;
  /**
   * How an endpoint is chosen for its requests, in place of the policy of its pool.
   * @defaultValue that of its pool
   * @example { hash: 'header.x-user' }
   */
  readonly policy?:
    'round-robin' | 'least-connections' | 'random' | 'power-of-two' | 'peak-ewma' | 'first' | 'hash' | PolicyInput;
  /**
   * Takes a prefix off the path on its way to the endpoint: with `/v1`, `/v1/x?a` becomes `/x?a`. Paths not under it stay.
   * @example '/v1'
   */
  readonly stripPrefix?: string;
  /**
   * Puts another prefix in its place. Not together with `stripPrefix`.
   * @example { prefix: '/v1', by: '/v2' }
   */
  readonly replacePrefix?: ReplacePrefixInput;
  /**
   * Put in the place of the path on its way to the endpoint; the query stays. `{path.1}` is the first group of `match.path.regex`. A path that would lead out of the folder named here is a 400 `bad-path`. Not together with `stripPrefix` and `replacePrefix`.
   * @example '/new/{path.1}'
   */
  readonly path?: string;
  /**
   * Parameters of the query that go to the endpoint in the place of all of their name.
   * @example { from: '{client.ip}' }
   */
  readonly setQuery?: Readonly<Record<string, string>>;
  /**
   * Parameters of the query that do not go to the endpoint; with `*` at the end all that begin so.
   * @example ['utm_*']
   */
  readonly removeQuery?: readonly string[] | string;
  /**
   * Changes of the header lines that go to the endpoint, in the order remove, rename, replace, default, set, add, whatever order they are written in.
   * @example { set: { 'X-Client': '{client.ip}' } }
   */
  readonly request?: RequestEditsInput;
  /**
   * The same for header lines of answers, those of Fairlead included: errors, and answers without an endpoint.
   * @example { remove: ['Server'] }
   */
  readonly response?: ResponseEditsInput;
  /**
   * Timeouts for this route. They win over those of its pool, which win over those of the config.
   * @defaultValue those of its pool
   * @example { responseHead: '5m' }
   */
  readonly timeouts?: ExchangeTimeoutsInput;
  /**
   * Further attempts on this route, where they differ from those of its pool.
   * @defaultValue the pool's
   * @example { attempts: 2 }
   */
  readonly retry?: RouteRetryInput | Off;
  /**
   * As `pools.*.hedge`, for this route.
   * @defaultValue the pool's
   * @example { delay: '50ms' }
   */
  readonly hedge?: HedgeInput | Off | Percentile | Duration;
  /**
   * Which requests go first where requests wait for a place (`maxRequests`): `high` before `normal` before `low`.
   * @defaultValue `'normal'`
   * @example 'high'
   */
  readonly queueClass?: 'high' | 'normal' | 'low';
  /**
   * A header in which clients give the time for their request: seconds, or a number with `ms` or `s`. `grpc-timeout` is always read.
   * @defaultValue `'off'`
   * @example { header: 'X-Request-Timeout' }
   */
  readonly deadline?: DeadlineInput | Off;
  /**
   * Upgrades that pass, where the request asks for one; `[]` for none.
   * @defaultValue `['websocket']`
   * @example ['websocket', 'mqtt']
   */
  readonly upgrades?: readonly string[] | string;
  /**
   * Which pages of other origins may read its answers; preflights are answered by Fairlead. In place of what the servers say of that. `off`: the servers' business.
   * @defaultValue `off`
   * @example { origins: ['https://app.example'], credentials: 'on' }
   */
  readonly cors?: CorsInput | Off;
  /**
   * Largest request body. Beyond it, 413 `payload-too-large`.
   * @defaultValue `'off'`
   * @example '10MiB'
   */
  readonly maxBody?: Size | Off;
  /**
   * How often requests may come: a rate, the name of a limit in `rateLimits`, a map, or several of them. Beyond it, 429 `rate-limited`.
   * @example '100/s'
   */
  readonly rateLimit?: RouteRateLimitInput | string | readonly (RouteRateLimitInput | string)[] | false;
  /**
   * How many requests of a client may be under way at the same time, or of anything else that requests have in common: a number, a map, or several of them. Beyond it, 429 `concurrency-limited`.
   * @example 20
   */
  readonly concurrency?: ConcurrencyInput | number | readonly (ConcurrencyInput | number)[] | Off;
  /**
   * Steps of your own in TypeScript or JavaScript, in their order; answers pass them in reverse. A path alone is short for `{ module: … }`.
   * @example './tenant.ts'
   */
  readonly middleware?: readonly (MiddlewareInput | string | URL)[] | MiddlewareInput | string | URL;
  /**
   * Its answers may take as long as they like: waiting for them never counts as silence of an endpoint (`ejection.silence`).
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly longPoll?: Toggle;
  /**
   * Whether the route keeps something out or holds it back. It is then taken also for a path that a server may read as one of its own: `//admin` and `/admin%2Fx` for `/admin/*`.
   * @defaultValue `on` with `allow`, `deny` or a `cors` that refuses, or where another route has a larger `maxBody` or other limits
   * @example 'on'
   */
  readonly guards?: Toggle;
  /**
   * Which of its exchanges get a line, where there is an access log; `off`: none.
   * @defaultValue `'on'`
   * @example { level: 'warn' }
   */
  readonly accessLog?: RouteAccessLogInput | Off | 'on' | true;
}

/** Which of its exchanges get a line, where there is an access log; `off`: none. */
export interface RouteAccessLogInput {
  /**
   * As `accessLog.level`.
   * @defaultValue that of `accessLog`
   * @example 'warn'
   */
  readonly level?: 'info' | 'warn' | 'error';
  /**
   * As `accessLog.only`.
   * @defaultValue that of `accessLog`
   * @example 'slow-or-failed'
   */
  readonly only?: 'all' | 'slow-or-failed';
  /**
   * As `accessLog.slow`.
   * @defaultValue that of `accessLog`
   * @example '5s'
   */
  readonly slow?: Duration;
  /**
   * As `accessLog.sample`.
   * @defaultValue that of `accessLog`
   * @example 0.01
   */
  readonly sample?: number;
}

/** Steps of your own in TypeScript or JavaScript, in their order; answers pass them in reverse. A path alone is short for `{ module: … }`. */
export interface MiddlewareInput {
  /**
   * The file that exports it; a relative path is so to the file that it is written in.
   * @example './tenant.ts'
   */
  readonly module: string | URL;
  /**
   * What it is told: a module that exports a function gets them, once in each thread.
   * @defaultValue `{}`
   * @example { plan: 'free' }
   */
  readonly options?: Readonly<Record<string, unknown>>;
  /**
   * Where a hook throws: `fail` answers 500 `middleware-failed`, `skip` goes on as if that hook were not there.
   * @defaultValue `'fail'`
   * @example 'skip'
   */
  readonly onError?: 'fail' | 'skip';
  /**
   * What 99 of 100 calls of a hook should take at most; a warning says when they take more.
   * @defaultValue `'1ms'`
   * @example '5ms'
   */
  readonly budget?: Duration;
  /**
   * What a hook that returns a promise may take; then the client gets a 500 `middleware-timeout`.
   * @defaultValue `'1s'`
   * @example '200ms'
   */
  readonly maxTime?: Duration;
  /**
   * The most of a body that it may ask for.
   * @defaultValue `'64KiB'`
   * @example '1MiB'
   */
  readonly maxBody?: Size;
}

/** How many requests of a client may be under way at the same time, or of anything else that requests have in common: a number, a map, or several of them. Beyond it, 429 `concurrency-limited`. */
export interface ConcurrencyInput {
  /**
   * Most requests with the same key at the same time, over all threads.
   * @example 20
   */
  readonly max: number;
  /**
   * What requests have in common that are counted together, as `routes.*.rateLimit.key`.
   * @defaultValue `'client'`
   * @example 'route'
   */
  readonly key?: readonly string[] | string;
  /**
   * What happens to a request that lacks a part of its key, as `routes.*.rateLimit.missing`.
   * @defaultValue `'skip'`
   * @example 'client'
   */
  readonly missing?: 'skip' | 'client';
  /**
   * Room for so many different keys at the same time, rounded up to a power of two. Requests for whose key there is none pass uncounted.
   * @defaultValue `65536`
   * @example 131072
   */
  readonly keys?: number;
}

/** How often requests may come: a rate, the name of a limit in `rateLimits`, a map, or several of them. Beyond it, 429 `rate-limited`. */
export interface RouteRateLimitInput {
  /**
   * What the limit is called in answers and figures. A route has none of them twice.
   * @defaultValue its place, from `1`
   * @example 'keys'
   */
  readonly name?: string | number;
  /**
   * How many requests, and in which time: `s`, `m`, `h`, `d`, or several of one (`100/10s`).
   * @example '100/s'
   */
  readonly rate: string;
  /**
   * How many may come at once after a pause.
   * @defaultValue those of one second, at least 1
   * @example 200
   */
  readonly burst?: number;
  /**
   * What requests have in common that are counted together: `client` (its address, of IPv6 the first 64 bits; `client/24`, `client/48`), `peer`, `host`, `route`, `listener`, `header.NAME`, `cookie.NAME`, `query.NAME`, or a list of these.
   * @defaultValue `'client'`
   * @example 'header.x-api-key'
   */
  readonly key?: readonly string[] | string;
  /**
   * What happens to a request that lacks a part of its key: the limit does not hold for it, or holds for its client.
   * @defaultValue `'skip'`
   * @example 'client'
   */
  readonly missing?: 'skip' | 'client';
  /**
   * Room for so many different keys, 8 bytes each, rounded up to a power of two. Where there are more, those that have used up the least are forgotten.
   * @defaultValue `65536`
   * @example 131072
   */
  readonly keys?: number;
  /**
   * How many requests one of them counts for.
   * @defaultValue `1`
   * @example 5
   */
  readonly cost?: number;
  /**
   * How long a request that comes too early waits at most, so that requests go on at the rate; `off`: it is refused at once.
   * @defaultValue `'off'`
   * @example '500ms'
   */
  readonly wait?: Duration | Off;
  /**
   * Which answers have `RateLimit` and `RateLimit-Policy`: those that refuse, all, or none.
   * @defaultValue `'refused'`
   * @example 'always'
   */
  readonly headers?: 'refused' | 'always' | 'off';
  /**
   * Sends `X-RateLimit-Limit`, `-Remaining` and `-Reset` beside them.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly legacyHeaders?: Toggle;
  /**
   * Refuses nobody: what would have been refused is counted, and told in the access log.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly dryRun?: Toggle;
}

/** Which pages of other origins may read its answers; preflights are answered by Fairlead. In place of what the servers say of that. `off`: the servers' business. */
export interface CorsInput {
  /**
   * Which pages may read the answers, by scheme, host and port. `*` stands for whole labels: `https://*.app.example`. `any`: all, which excludes `credentials`. `'null'`: pages without an origin, such as files.
   * @example ['https://app.example']
   */
  readonly origins: readonly (string | null)[] | string | null;
  /**
   * Whether they may send cookies and client certificates.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly credentials?: Toggle;
  /**
   * Methods that pages may use. GET, HEAD and POST are never kept out by browsers.
   * @defaultValue `['GET', 'HEAD', 'POST']`
   * @example ['GET', 'PUT']
   */
  readonly methods?: readonly string[] | string;
  /**
   * Headers that pages may send, besides those that every form may. `any`: all but Authorization, which has to be named.
   * @defaultValue `[]`
   * @example ['Content-Type', 'Authorization']
   */
  readonly headers?: readonly string[] | string;
  /**
   * Headers of answers that pages may read, besides those that all may.
   * @defaultValue `[]`
   * @example ['ETag']
   */
  readonly expose?: readonly string[] | string;
  /**
   * How long browsers remember what a preflight was told; most have a bound of their own.
   * @defaultValue `'10m'`
   * @example '2h'
   */
  readonly maxAge?: Duration | Off;
  /**
   * Whether requests of other origins get 403 `origin-denied`. Without it the server does what they ask for, and the page may not read the answer.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly refuse?: Toggle;
  /**
   * What becomes of WebSockets of other origins, which browsers do not keep apart: `check`: 403 `origin-denied`; `pass`: nothing.
   * @defaultValue `'check'`
   * @example 'pass'
   */
  readonly upgrades?: 'check' | 'pass';
}

/** A header in which clients give the time for their request: seconds, or a number with `ms` or `s`. `grpc-timeout` is always read. */
export interface DeadlineInput {
  /**
   * The name of the header.
   * @example 'X-Request-Timeout'
   */
  readonly header: string;
}

/** As `pools.*.hedge`, for this route. */
export interface HedgeInput {
  /**
   * How long after the request was sent the second attempt begins: a time, or a percentile of what requests of the route took in the last minute (none before 100 of them).
   * @example 'p95'
   */
  readonly delay: Percentile | Duration;
}

/** Further attempts on this route, where they differ from those of its pool. */
export interface RouteRetryInput {
  /**
   * All attempts, the first included. Connects that were refused are not counted.
   * @defaultValue the pool's
   * @example 2
   */
  readonly attempts?: number;
  /**
   * `connect`: the connection failed, nothing was sent. For requests that may be sent twice: `reset`, closed before any byte of the answer; `timeout`, `perTry` or `writeIdle` ran out; a status, answered by it. `[]`: none.
   * @defaultValue the pool's
   * @example ['connect', 'reset', 503]
   */
  readonly retryOn?: readonly ('connect' | 'reset' | 'timeout' | number)[] | 'connect' | 'reset' | 'timeout' | number;
  /**
   * Largest request body kept for another attempt.
   * @defaultValue the pool's
   * @example '16KiB'
   */
  readonly replayBuffer?: Size | Off;
  /**
   * A random time below `backoff` × 2ⁿ passes before the n-th retry. `off`: none.
   * @defaultValue the pool's
   * @example '50ms'
   */
  readonly backoff?: Duration | Off;
  /**
   * The longest of these times. `off`: none passes.
   * @defaultValue the pool's
   * @example '1s'
   */
  readonly maxBackoff?: Duration | Off;
  /**
   * Moves requests that have no answer yet off an endpoint that is down: whose check is refused, reset or not answered, or that was ejected for connects, timeouts or silence.
   * @defaultValue the pool's
   * @example 'off'
   */
  readonly rescue?: Toggle;
}

/** Timeouts that a pool or a route may set for itself. */
export interface ExchangeTimeoutsInput {
  /**
   * While a connection to an endpoint is made, each attempt anew. Then another endpoint, else 504 `connect-timeout`.
   * @defaultValue the one above it
   * @example '500ms'
   */
  readonly connect?: Duration;
  /**
   * Between two reads of a request body, while we are reading it. Then 408 `request-timeout`; cut, where the answer has begun.
   * @defaultValue the one above it
   * @example '10s'
   */
  readonly requestBodyIdle?: Duration;
  /**
   * From the last byte of the request to the head of the answer, all attempts together. Then 504 `response-timeout`.
   * @defaultValue the one above it
   * @example '5m'
   */
  readonly responseHead?: Duration;
  /**
   * Between two reads of an answer, while we are reading it. Then both sides are cut.
   * @defaultValue the one above it
   * @example '2m'
   */
  readonly responseIdle?: Duration;
  /**
   * In place of `responseIdle` for tunnels, `text/event-stream` and `application/grpc`. Then both sides are cut.
   * @defaultValue the one above it
   * @example '10m'
   */
  readonly tunnelIdle?: Duration;
  /**
   * While a side takes none of the bytes waiting for it. Then a client is reset; an endpoint: 504 `upstream-write-timeout`.
   * @defaultValue the one above it
   * @example '30s'
   */
  readonly writeIdle?: Duration;
  /**
   * One attempt, to the head of its answer. Then 504 `response-timeout`; while connecting, as `connect`.
   * @defaultValue the one above it
   * @example '2s'
   */
  readonly perTry?: Duration | Off;
  /**
   * A whole exchange, retries and the answer's body included; not tunnels. Then 504 `response-timeout`; cut, where the answer has begun.
   * @defaultValue the one above it
   * @example '30s'
   */
  readonly total?: Duration | Off;
}

/** The same for header lines of answers, those of Fairlead included: errors, and answers without an endpoint. */
export interface ResponseEditsInput {
  /**
   * Headers that go out of its answers: every line of the name, in any case.
   * @example ['Server']
   */
  readonly remove?: readonly string[] | string;
  /**
   * Headers that get another name.
   * @example { 'X-Old': 'X-New' }
   */
  readonly rename?: Readonly<Record<string, string>>;
  /**
   * In the values of a header, everything that a pattern finds is replaced by a text; `$1` is its first group, `$&` all of it. The pattern runs in linear time, as that of `match.path`. A line that becomes empty goes.
   * @example { Cookie: ['track=[^;]*;? ?', ''] }
   */
  readonly replace?: Readonly<Record<string, readonly [pattern: string, by: string]>>;
  /**
   * Headers that are written where there is none of the name.
   * @example { 'Cache-Control': 'no-cache' }
   */
  readonly default?: Readonly<Record<string, string>>;
  /**
   * Headers that are written in the place of all of their name. An empty value writes none.
   * @example { 'X-Request-Id': '{request.id}' }
   */
  readonly set?: Readonly<Record<string, string>>;
  /**
   * Headers that are written beside those of their name.
   * @example { 'Set-Cookie': 'seen=1' }
   */
  readonly add?: Readonly<Record<string, string>>;
  /**
   * `auto`: Location, Content-Location and Refresh that name the endpoint, by its address or as `pools.*.host`, lead to where the client came; a prefix that `stripPrefix` or `replacePrefix` has changed is put back.
   * @defaultValue `'off'`
   * @example 'auto'
   */
  readonly location?: 'auto' | 'off';
  /**
   * What becomes of the cookies that servers set, attribute by attribute.
   * @example { path: { '/': '/app/' } }
   */
  readonly cookies?: CookieRulesInput;
  /**
   * `on`: headers that make browsers careful, where the server has not said them: Strict-Transport-Security `max-age=31536000` (by TLS alone), X-Content-Type-Options `nosniff`, Referrer-Policy `strict-origin-when-cross-origin`, Content-Security-Policy `frame-ancestors 'self'`. A map says another value for one, or `off`.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly security?: 'on' | 'off' | true | false | Readonly<Record<string, string | false>>;
}

/** What becomes of the cookies that servers set, attribute by attribute. */
export interface CookieRulesInput {
  /**
   * The domains of cookies, and what they are called for clients; an empty text takes the attribute out.
   * @example { 'origin.internal': 'public.example' }
   */
  readonly domain?: Readonly<Record<string, string>>;
  /**
   * The front of the paths of cookies, on borders of segments, and what stands there for clients. The longest counts.
   * @example { '/': '/app/' }
   */
  readonly path?: Readonly<Record<string, string>>;
  /**
   * Written in the place of what the server says; `none` brings `Secure` with it.
   * @defaultValue the server's
   * @example 'lax'
   */
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /**
   * Whether they have `Secure`.
   * @defaultValue the server's
   * @example 'on'
   */
  readonly secure?: Toggle;
  /**
   * Whether they have `HttpOnly`.
   * @defaultValue the server's
   * @example 'on'
   */
  readonly httpOnly?: Toggle;
  /**
   * The cookies that all of this is for; with `*` at the end all that begin so.
   * @defaultValue all of them
   * @example ['session', 'app_*']
   */
  readonly only?: readonly string[] | string;
}

/** Changes of the header lines that go to the endpoint, in the order remove, rename, replace, default, set, add, whatever order they are written in. */
export interface RequestEditsInput {
  /**
   * Headers that go out of its requests: every line of the name, in any case.
   * @example ['X-Debug']
   */
  readonly remove?: readonly string[] | string;
  /**
   * Headers that get another name.
   * @example { 'X-Old': 'X-New' }
   */
  readonly rename?: Readonly<Record<string, string>>;
  /**
   * In the values of a header, everything that a pattern finds is replaced by a text; `$1` is its first group, `$&` all of it. The pattern runs in linear time, as that of `match.path`. A line that becomes empty goes.
   * @example { Cookie: ['track=[^;]*;? ?', ''] }
   */
  readonly replace?: Readonly<Record<string, readonly [pattern: string, by: string]>>;
  /**
   * Headers that are written where there is none of the name.
   * @example { 'X-Plan': 'free' }
   */
  readonly default?: Readonly<Record<string, string>>;
  /**
   * Headers that are written in the place of all of their name. An empty value writes none.
   * @example { 'X-Client': '{client.ip}' }
   */
  readonly set?: Readonly<Record<string, string>>;
  /**
   * Headers that are written beside those of their name.
   * @example { 'X-Seen-By': '{listener}' }
   */
  readonly add?: Readonly<Record<string, string>>;
}

/** A prefix of the path, and what stands in its place on the way to the endpoint. */
export interface ReplacePrefixInput {
  /**
   * The prefix to take off.
   * @example '/v1'
   */
  readonly prefix: string;
  /**
   * What stands there instead.
   * @example '/internal/v2'
   */
  readonly by: string;
}

/** How an endpoint is chosen for its requests, in place of the policy of its pool. */
export interface PolicyInput {
  /**
   * By a hash of what requests have in common; a key alone is short for `{ key: … }`.
   * @example { key: 'header.x-user', table: 'maglev' }
   */
  readonly hash: HashPolicyInput | string | readonly string[];
}

/** By a hash of what requests have in common; a key alone is short for `{ key: … }`. */
export interface HashPolicyInput {
  /**
   * What requests to one endpoint have in common: `client` (its address, of IPv6 the first 64 bits; `client/24`, `client/48`), `peer`, `host`, `path`, `url`, `route`, `listener`, `header.NAME`, `cookie.NAME`, `query.NAME`, or a list of these.
   * @defaultValue `'client'`
   * @example 'header.x-user'
   */
  readonly key?: readonly string[] | string;
  /**
   * Where a request goes that lacks a part of its key: anywhere, or by the address of its client.
   * @defaultValue `'random'`
   * @example 'client'
   */
  readonly missing?: 'random' | 'client';
  /**
   * `ring`: consistent, 160 points per weight. `maglev`: 65,537 places, the most even shares. `rendezvous`: exact shares without a table, for up to some hundred endpoints.
   * @defaultValue `'ring'`
   * @example 'maglev'
   */
  readonly table?: 'ring' | 'maglev' | 'rendezvous';
  /**
   * Most that an endpoint may have in flight, as a multiple of its share of all; what is above it is spread over the others.
   * @defaultValue `'off'`
   * @example 1.25
   */
  readonly boundedLoad?: number | Off;
}

/** Answers its requests with a redirect in place of a pool. `https`: to the same by https; such a route takes only requests that did not come by https. */
export interface RedirectInput {
  /**
   * `https`: the same host, path and query by https. Or a URL, or a path; `{target}` at its end stands for path and query of the request, as they came.
   * @example 'https://new.example{target}'
   */
  readonly to: string;
  /**
   * 308 and 301: for good, and clients remember it. 307 and 302: for now. 308 and 307 keep method and body.
   * @defaultValue `308`
   * @example 301
   */
  readonly status?: 301 | 302 | 307 | 308;
  /**
   * The port of `to: https`; 443 is not written.
   * @defaultValue `443`
   * @example 8443
   */
  readonly port?: number;
}

/** Conditions, all of which must hold. */
export interface MatchInput {
  /**
   * How the client came: by a listener with `tls` or not, or as a proxy of `trustedProxies` says (`X-Forwarded-Proto`). Routes that name one are tried before all others.
   * @defaultValue either
   * @example 'http'
   */
  readonly scheme?: 'http' | 'https';
  /**
   * `api.example.com`, or `"*.example.com"` for every name under it; a list is as if the route were written once for each. Case, port and a final dot do not count.
   * @defaultValue any
   * @example ['example.com', 'www.example.com']
   */
  readonly host?: readonly string[] | string;
  /**
   * `/v1` is that path alone; `/v1/*` is a prefix on segment borders: `/v1`, `/v1/` and `/v1/x`, not `/v12`.
   * @defaultValue any
   * @example '/v1/*'
   */
  readonly path?: string | PathRegexInput;
  /**
   * One of them must be that of the request. `GET` does not include `HEAD`.
   * @defaultValue any
   * @example ['GET', 'HEAD']
   */
  readonly method?: readonly string[] | string;
  /**
   * All of them must be there: names in any case, values exact, numbers in quotes. Not for headers that Fairlead sets or removes.
   * @defaultValue any
   * @example { 'x-beta': '1' }
   */
  readonly header?: Readonly<Record<string, string | { readonly present: true }>>;
  /**
   * The same for query parameters, names and values as forms decode them.
   * @defaultValue any
   * @example { v: '2' }
   */
  readonly query?: Readonly<Record<string, string | { readonly present: true }>>;
  /**
   * The same for cookies, names and values exact.
   * @defaultValue any
   * @example { session: { present: true } }
   */
  readonly cookie?: Readonly<Record<string, string | { readonly present: true }>>;
}

/** A condition for the path by a regular expression. */
export interface PathRegexInput {
  /**
   * In JavaScript's syntax, anywhere in the path: `^` and `$` anchor it. It must run in linear time: no back-reference, no lookahead, no modifiers, counts of at most 16, nested ones multiplied.
   * @example '^/img/.*\\.png$'
   */
  readonly regex: string;
  /**
   * Compares the path in lower case. The pattern is written in lower case then.
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly ignoreCase?: Toggle;
}

/** An address to accept connections on. */
export interface ListenerInput<PoolName extends string = string> {
  /**
   * Where to listen: `127.0.0.1:8080`, `"[::1]:8080"`, `localhost:8080`; `":8080"` is every address. Port 0 takes a free one. Or a unix socket: `unix:/run/fairlead/web.sock`.
   * @example '127.0.0.1:8080'
   */
  readonly address: string;
  /**
   * Permissions of the file of a unix socket: whoever may write to it can connect.
   * @defaultValue `'660'`
   * @example '600'
   */
  readonly mode?: string;
  /**
   * Group of the file of a unix socket.
   * @defaultValue the process's
   * @example 'www-data'
   */
  readonly group?: string | number;
  /**
   * `kernel`: every thread listens and the kernel spreads connections. `even`: one thread accepts and passes each to the thread with the fewest; better with few, long connections.
   * @defaultValue `'kernel'`
   * @example 'even'
   */
  readonly spread?: 'kernel' | 'even';
  /**
   * What a client's FIN means before it has the whole answer. `cancel`: it has left. `allow`: it waits for the answer.
   * @defaultValue `'cancel'`
   * @example 'allow'
   */
  readonly halfClose?: 'cancel' | 'allow';
  /**
   * Makes it a listener of layer 4: each connection goes to an endpoint of this pool, byte by byte, whatever it speaks.
   * @defaultValue none: it takes HTTP
   * @example 'postgres'
   */
  readonly tcp?: TcpListenerInput<NoInfer<PoolName>> | PoolName;
  /**
   * Makes it a listener of UDP: what each client sends goes to an endpoint of this pool, and what that answers back.
   * @defaultValue none: it takes HTTP
   * @example 'resolvers'
   */
  readonly udp?: UdpListenerInput<NoInfer<PoolName>> | PoolName;
  /**
   * Headers whose names Fairlead sets or reads itself once `_` is read as `-`, such as `X_Forwarded_For`. `drop`: they do not pass, since many servers take both for one. Other names with underscores always pass.
   * @defaultValue `'drop'`
   * @example 'allow'
   */
  readonly underscores?: 'drop' | 'allow';
  /**
   * Connections begin with a PROXY header, version 1 or 2, of a balancer in front: the address in it counts as the client.
   * @defaultValue `'off'`
   * @example { from: ['10.0.0.0/8'] }
   */
  readonly proxyProtocol?: ProxyProtocolInput | Off;
  /**
   * Ends TLS here: clients come by https.
   * @defaultValue `'off'`
   * @example { certificates: '/etc/fairlead/example.com.pem' }
   */
  readonly tls?: ListenerTlsInput<NoInfer<PoolName>> | Off;
}

/** Ends TLS here: clients come by https. */
export interface ListenerTlsInput<PoolName extends string = string> {
  /**
   * What Fairlead proves with who it is: a file with the chain and its key, a folder of them, or a map. The first one is for clients that ask for no name.
   * @defaultValue required, unless there is `acme` or `passthrough`
   * @example ['/etc/fairlead/example.com.pem']
   */
  readonly certificates?: CertificateInput | string | readonly (CertificateInput | string)[];
  /**
   * Host names that Fairlead gets a certificate for by itself, and renews. Needs `acme` and `stateDir` beside `listeners`.
   * @example ['www.example.com']
   */
  readonly acme?: readonly string[] | string;
  /**
   * Clients that offer less are refused.
   * @defaultValue `'1.2'`
   * @example '1.3'
   */
  readonly minVersion?: '1.2' | '1.3';
  /**
   * What a client gets that asks for a name of no certificate, or for none: the first certificate, or a refusal.
   * @defaultValue `'default'`
   * @example 'refuse'
   */
  readonly unknownName?: 'default' | 'refuse';
  /**
   * File with the keys of session tickets, so that clients of one machine may go on at another: one a line, 48 bytes in base64, the newest first.
   * @defaultValue the process's own
   * @example '/etc/fairlead/tickets.key'
   */
  readonly ticketKeys?: string;
  /**
   * Connections that are not opened here: the name that a client asks for, or `*.` and the end of one, and the pool that its bytes go to as they come. These names come before certificates.
   * @example { '*.legacy.example.com': 'legacy' }
   */
  readonly passthrough?: Readonly<Record<string, PoolName>>;
  /**
   * Asks clients for a certificate (mutual TLS).
   * @defaultValue `'off'`
   * @example { ca: '/etc/fairlead/clients.pem' }
   */
  readonly clientCertificate?: ClientCertificateInput | Off;
}

/** Asks clients for a certificate (mutual TLS). */
export interface ClientCertificateInput {
  /**
   * File with the certificates of the authorities that clients may have theirs from, in PEM.
   * @example '/etc/fairlead/clients.pem'
   */
  readonly ca: string;
  /**
   * Whether a client without a certificate is refused. One whose certificate is no good is refused in any case.
   * @defaultValue `'on'`
   * @example 'off'
   */
  readonly require?: Toggle;
  /**
   * The names that clients are asked for a certificate under; `*.` takes one label. Requests for them come in by no other name.
   * @defaultValue all
   * @example ['api.example.com']
   */
  readonly names?: readonly string[] | string;
  /**
   * Tells endpoints of the certificate, by the headers Client-Cert and Client-Cert-Chain (RFC 9440).
   * @defaultValue `'off'`
   * @example 'on'
   */
  readonly forward?: Toggle;
  /**
   * File with the lists of what the authorities have revoked, in PEM; one of each of them.
   * @example '/etc/fairlead/clients.crl'
   */
  readonly crl?: string;
}

/** What Fairlead proves with who it is: a file with the chain and its key, a folder of them, or a map. The first one is for clients that ask for no name. */
export interface CertificateInput {
  /**
   * The server's certificate and then those of its issuers, in PEM; its key as well, unless `key` names another file. Or a folder of such files.
   * @example '/etc/fairlead/example.com.crt'
   */
  readonly cert?: string;
  /**
   * The private key of `cert`, in PEM.
   * @defaultValue in `cert`
   * @example '/etc/fairlead/example.com.key'
   */
  readonly key?: string;
  /**
   * Certificates and key in PKCS#12, in place of `cert`.
   * @example '/etc/fairlead/example.com.p12'
   */
  readonly pkcs12?: string;
  /**
   * File whose first line opens the key.
   * @example '/etc/fairlead/example.com.pass'
   */
  readonly passphraseFile?: string;
  /**
   * Answer of the issuer that the certificate of `cert` is not revoked, in DER, at most 16 KiB. It is sent along as it is.
   * @example '/etc/fairlead/example.com.ocsp'
   */
  readonly ocsp?: string;
}

/** Connections begin with a PROXY header, version 1 or 2, of a balancer in front: the address in it counts as the client. */
export interface ProxyProtocolInput {
  /**
   * Who may send a header: the addresses of the balancers in front. There is no default, since whoever may send one chooses the address that counts as the client.
   * @example ['10.0.0.0/8']
   */
  readonly from: readonly string[] | string;
  /**
   * `require`: a connection from elsewhere, or without a header, is reset. `detect`: those in `from` may leave the header out; what comes from elsewhere is taken as it is.
   * @defaultValue `'require'`
   * @example 'detect'
   */
  readonly mode?: 'require' | 'detect';
}

/** Makes it a listener of UDP: what each client sends goes to an endpoint of this pool, and what that answers back. */
export interface UdpListenerInput<PoolName extends string = string> {
  /**
   * Where its datagrams go.
   * @example 'resolvers'
   */
  readonly pool: PoolName;
  /**
   * A session without a datagram in either direction is over after this time. The next one of its client begins another, perhaps at another endpoint.
   * @defaultValue `'30s'`
   * @example '5s'
   */
  readonly idle?: Duration;
  /**
   * Most sessions at a time: every thread has an equal share. Beyond it datagrams of new clients are dropped, and counted. All listeners of UDP together have a quarter of `maxConnections` at most, in equal shares.
   * @defaultValue `10000`
   * @example 50000
   */
  readonly maxSessions?: number;
}

/** Makes it a listener of layer 4: each connection goes to an endpoint of this pool, byte by byte, whatever it speaks. */
export interface TcpListenerInput<PoolName extends string = string> {
  /**
   * Where its connections go.
   * @example 'postgres'
   */
  readonly pool: PoolName;
  /**
   * A session without a byte in either direction is cut after this time.
   * @defaultValue `timeouts.tcpIdle`
   * @example '10m'
   */
  readonly idle?: Duration;
}
