/**
 * The compiled config as it reaches a worker: immutable plain data, swapped between requests. Times are
 * milliseconds and sizes bytes; 0 means off. Every object has an identity (`id`), which a reload keeps.
 */
import type { AnswerEditsSpec, RewritingSpec } from './rewriting-spec.ts';
import type { RouteLogSpec } from './access-log.ts';
import type { PassthroughSpec, ProxyProtocolSpec, TcpSpec, UdpSpec } from './layer4-spec.ts';
import type { LimitTables, Limited } from './limits/rate-limit.ts';
import type { HashTableHandle, HashTableKind } from './balancer/hash-table.ts';
import type { MiddlewareSpec } from './middleware/spec.ts';
import type { AccessSpec } from './lists/access-spec.ts';
import type { QueueClass } from './resilience/queue-class.ts';
import type { Settings } from './settings.ts';
import type { PoolTableHandle } from './shared/pool-table.ts';
import type { RouteTableHandle } from './shared/route-table.ts';
import type { CertificateSource, ClientCertificateSpec, LoadedPoolTls } from './tls-files.ts';

export type { PassthroughSpec, ProxyProtocolSpec, TcpSpec, UdpSpec };

/** The compiled config: plain data that every thread uses. */
export interface Snapshot {
  readonly version: number;
  /** Data-plane threads; 0: in the caller's thread. */
  readonly threads: number;
  readonly listeners: readonly ListenerSpec[];
  /** In the order of the file; the router sorts them. */
  readonly routes: readonly RouteSpec[];
  readonly pools: readonly PoolSpec[];
  readonly settings: Settings;
  readonly routeTable: RouteTableHandle;
  /** Rows of the route table where listeners count their sessions of layer 4, by the ids of those that have any. */
  readonly sessionRows: Readonly<Record<string, number>>;
  /** Where worker `i` leaves its lines of the access log: ring `i`. Empty: there is no log. */
  readonly logRings: readonly SharedArrayBuffer[];
  /** What the limits of its routes count in; left out: no route has any. */
  readonly limits?: LimitTables;
}

/** An address to accept connections on. */
export interface ListenerSpec {
  readonly id: string;
  /** `''`: every address. A unix socket: `unix:/path`. */
  readonly host: string;
  /** Of a unix socket 0. */
  readonly port: number;
  /** Permissions of the file of a unix socket; left out: it has none. */
  readonly mode?: number;
  /** Name or number of the group of that file; left out: the process's. */
  readonly group?: string | number;
  /** `kernel`: every worker listens (reusePort). `even`: one accepts and passes each socket to the worker with the fewest. */
  readonly spread: 'kernel' | 'even';
  /** `allow`: a client's FIN before the answer does not cancel the exchange. */
  readonly halfClose: 'cancel' | 'allow';
  /** What happens to headers whose names are one of ours when `_` is read as `-`. */
  readonly underscores: 'drop' | 'allow';
  /** Null: no connection begins with a PROXY header. */
  readonly proxyProtocol: ProxyProtocolSpec | null;
  /** Null: plain HTTP. */
  readonly tls: ListenerTls | null;
  /** Its connections are sessions of layer 4; left out: they speak HTTP. */
  readonly tcp?: TcpSpec;
  /** It takes datagrams, and no connections. */
  readonly udp?: UdpSpec;
}

/** The header that connections to the endpoints of a pool begin with. */
export interface ProxyHeaderSpec {
  readonly version: 1 | 2;
  /** Fields of version 2. */
  readonly add: readonly ProxyHeaderField[];
}

/** A field of a PROXY header of version 2. */
export type ProxyHeaderField = 'alpn' | 'authority' | 'unique-id' | 'ssl' | 'crc32c';

/** How a listener ends TLS. What the files hold is never here: it goes to threads in messages of its own. */
export interface ListenerTls {
  /** The first is for clients that ask for no name. None, and no `acme`, only where `passthrough` is there: then all other names are refused. */
  readonly certificates: readonly CertificateSource[];
  /** Host names that Fairlead gets a certificate for by itself. */
  readonly acme: readonly string[];
  readonly minVersion: '1.2' | '1.3';
  /** What a client gets that asks for a name of no certificate: the first one, or a refusal. */
  readonly unknownName: 'default' | 'refuse';
  /** File with the keys of session tickets, for several machines; `''`: this process makes its own. */
  readonly ticketKeys: string;
  /** Connections that are not opened here, by the name that they ask for; left out: none. */
  readonly passthrough?: readonly PassthroughSpec[];
  /** Null: clients are not asked for a certificate. */
  readonly clientCertificate: ClientCertificateSpec | null;
}

/** An answer that leads a client elsewhere. */
export interface RedirectSpec {
  readonly status: 301 | 302 | 307 | 308;
  /** What stands in front of the target; null: `https://`, the host that was asked for, and `port`. */
  readonly base: string | null;
  /** Of https, not written where it is 443; it counts where `base` is null. */
  readonly port: number;
  /** The target of the request follows, as it came. */
  readonly keepsTarget: boolean;
}

/** Which pages of other origins may read the answers of a route, and what they may send. */
export interface CorsSpec {
  /** As `normalOrigin` of `http/cors.ts` has them, `*` for whole labels in front of a host. */
  readonly origins: readonly string[] | 'any';
  readonly credentials: boolean;
  readonly methods: readonly string[];
  /** Any header but Authorization, besides those that are named. */
  readonly anyHeader: boolean;
  readonly headers: readonly string[];
  /** Headers of answers. */
  readonly expose: readonly string[];
  readonly maxAgeSeconds: number;
  /** Requests of other origins are answered 403. */
  readonly refuse: boolean;
  /** Whether upgrades of other origins are. */
  readonly upgrades: 'check' | 'pass';
}

/** Which requests go to which pool, and what is done with them. */
export interface RouteSpec extends Limited {
  readonly id: string;
  /** Row in the route table. */
  readonly slot: number;
  readonly match: RouteMatch;
  /** Id of a pool; `''`: it redirects. */
  readonly pool: string;
  /** Where its requests are sent in place of a pool; left out: they go to the pool. */
  readonly redirect?: RedirectSpec;
  /** Left out: nothing is said of origins. */
  readonly cors?: CorsSpec;
  /** Left out: everybody may use it. */
  readonly access?: AccessSpec;
  /** What it makes of its requests on their way to the pool; left out: nothing. */
  readonly rewriting?: RewritingSpec;
  /** What it makes of its answers; left out: nothing. */
  readonly answerEdits?: AnswerEditsSpec;
  /** Clients that are banned are refused; left out: nobody is. */
  readonly hasBans?: boolean;
  /** Users' own steps in their order, at least one; left out: none. */
  readonly middleware?: readonly MiddlewareSpec[];
  /** Null: that of the pool. */
  readonly policy: PolicySpec | null;
  /** The matched prefix is replaced by this (`stripPrefix` compiles to `''`); null leaves the path alone. */
  readonly replacePrefix: { readonly prefix: string; readonly by: string } | null;
  /** Upgrade protocols that pass, lower case; default `['websocket']`. */
  readonly upgrades: readonly string[];
  /** Largest request body in bytes, 0: no limit. */
  readonly maxBody: number;
  readonly timeouts: Timeouts;
  /** Its pool's, with what the route says of its own. */
  readonly retry: RetrySpec;
  /** Lower-case name of the header with the time that a client gives; `''`: none. */
  readonly deadlineHeader: string;
  /** Its own or its pool's; null: none. */
  readonly hedge: HedgeSpec | null;
  readonly queueClass: QueueClass;
  /** Null: no line. */
  readonly accessLog: RouteLogSpec | null;
  /** Its answers may take as long as they like: they are not counted as silence. */
  readonly longPoll: boolean;
  /** It guards: it must be met under every reading of its path, see `routing/guard-form.ts`. */
  readonly guards: boolean;
  /** It guards only because of `maxBody`, without `guards: on`. */
  readonly limitsOnly?: boolean;
}

/** How a client came, as far as we or a trusted proxy can tell. */
export type Scheme = 'http' | 'https';

/** The conditions of a route. All that are given must hold. */
export interface RouteMatch {
  /** Left out: either. Routes that name one are tried before all others. */
  readonly scheme?: Scheme;
  /** Normal form: `api.example.com` or `*.example.com`; null matches all. */
  readonly host: string | null;
  readonly path: PathMatch | null;
  /** Upper-case names, any of them; empty: all. */
  readonly methods: readonly string[];
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  readonly cookies: readonly ValueMatch[];
}

/** How the path of a request is compared. */
export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  /** `/v1/*` is the prefix `/v1`: it matches `/v1` and `/v1/x`, never `/v12`. */
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'regex'; readonly source: string; readonly ignoreCase: boolean };

/** What a header, query or cookie has to have. */
export interface ValueMatch {
  readonly name: string;
  /** Exact value, or null: present with any value. */
  readonly value: string | null;
}

/** What requests that belong together have in common. */
export interface KeySpec {
  /** As written, see `keys/key-parts.ts`; at least one. */
  readonly parts: readonly string[];
  /** Where a part is not there: no key, or the client's address. */
  readonly missing: 'random' | 'client';
}

/** How a hash policy finds the endpoint of a key. */
export interface HashSpec {
  readonly key: KeySpec;
  readonly table: HashTableKind | 'rendezvous';
  /** Most that an endpoint may have in flight, as a multiple of its share of all; 0: no limit. */
  readonly boundedLoad: number;
}

/** A policy by its name, or one that needs more said. */
export type PolicySpec = string | { readonly hash: HashSpec };

/** How clients stay with their endpoint, by a cookie that Fairlead sets. */
export interface StickySpec {
  /** Name of the cookie. */
  readonly cookie: string;
  /** File with the secret that its values are made with; `''`: one that is made for the life of the process. */
  readonly secretFile: string;
  /** How long a client keeps it, 0: until it is closed. */
  readonly ttlMs: number;
  readonly path: string;
  /** `''`: the host that the client asked, and no other. */
  readonly domain: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  /** `auto`: where the client came by https. */
  readonly secure: 'auto' | 'on' | 'off';
  /** A client whose endpoint is full waits for it, or goes to another one this time. */
  readonly whenFull: 'wait' | 'spill';
  /** Requests of Socket.IO that come without the cookie go by the address of their client. */
  readonly isSocketIo: boolean;
}

/** Requests that wait for a pool. */
export interface QueueSpec {
  /** Most requests that wait, over all threads. */
  readonly maxWaiting: number;
  /** How long a request waits for a place; 0: as long as for a connect. */
  readonly timeoutMs: number;
  /** A queue for places that stands longer than this sheds those that have waited longer; 0: none. */
  readonly targetMs: number;
  /** How long a request is held while no endpoint can be reached; 0: not at all. */
  readonly holdMs: number;
}

/** A named set of servers. */
export interface PoolSpec {
  readonly id: string;
  readonly policy: PolicySpec;
  /** Our own zone where the pool goes by zones, else `''`. */
  readonly nearZone: string;
  /** Other policies that routes to this pool pick by, each once. */
  readonly routePolicies: readonly PolicySpec[];
  /** Made for the endpoints as they are here, where a policy of this pool looks into one. */
  readonly hashTables: readonly HashTableHandle[];
  readonly endpoints: readonly EndpointSpec[];
  readonly table: PoolTableHandle;
  readonly checks: readonly CheckSpec[];
  /** Null: the servers have none. */
  readonly agent: AgentSpec | null;
  readonly ejection: EjectionSpec;
  /** Null: none. */
  readonly breaker: BreakerSpec | null;
  readonly retry: RetrySpec;
  /** Null: no bound. */
  readonly retryBudget: RetryBudgetSpec | null;
  /** For the routes that lead to it; null: none. */
  readonly hedge: HedgeSpec | null;
  /** Null: clients are bound to no endpoint. */
  readonly sticky: StickySpec | null;
  /** How long an endpoint that has come or recovered starts slowly, 0: off. */
  readonly slowStartMs: number;
  /** `prefer`: endpoints of our own zone are used first. */
  readonly zones: 'prefer' | 'ignore';
  /** Attempts in flight at all endpoints together, over all threads; 0: no limit. */
  readonly maxRequests: number;
  /** Sockets per endpoint over all threads, 0: no limit. */
  readonly maxConnections: number;
  /** Idle sockets per endpoint over all threads. */
  readonly maxIdle: number;
  /** How long an idle socket is kept without a hint of the server. */
  readonly idleTimeoutMs: number;
  readonly queue: QueueSpec;
  /** With no endpoint eligible, try those whose last failure was not a refused connect. */
  readonly panic: boolean;
  /** `client`: Host as the client sent it; `endpoint`: the endpoint's own; else this name. */
  readonly host: 'client' | 'endpoint' | { readonly name: string };
  /** `lenient`: lines of an answer's head may end with a lone LF. */
  readonly answers: 'strict' | 'lenient';
  /** Null: connections begin with a request. */
  readonly proxyProtocol: ProxyHeaderSpec | null;
  /** Null: its endpoints speak plain HTTP. */
  readonly tls: LoadedPoolTls | null;
}

/** One server address of a pool. */
export interface EndpointSpec {
  /** Identity in the pool: the address as configured, e.g. `localhost:8081` or `unix:/run/app.sock`. */
  readonly id: string;
  readonly slot: number;
  readonly generation: number;
  readonly weight: number;
  /** Those of 0 are used first; the next ones take what is too much for these. */
  readonly priority: number;
  /** Where it stands; `''`: nobody says. */
  readonly zone: string;
  /** Used while no other is eligible. */
  readonly isBackup: boolean;
  /** What to dial, in order of preference: numeric addresses (`localhost` has two), or a unix socket (`unix:/path`). */
  readonly addresses: readonly string[];
  /** 0: it is a unix socket. */
  readonly port: number;
  /** Host as `host:port` for the Host header, port left out where it is the scheme's default. */
  readonly authority: string;
  /** Sockets over all threads, instead of the pool's; left out: the pool's. */
  readonly maxConnections?: number;
  /** What a cookie says of a client that is bound to it; left out: nobody is. */
  readonly stickyValue?: string;
  /** Attempts in flight over all threads; 0: no limit. */
  readonly maxRequests: number;
}

/** The agent that each server of a pool runs beside itself. */
export interface AgentSpec {
  readonly port: number;
  readonly intervalMs: number;
}

/** An active check of every endpoint of a pool. */
export type CheckSpec = TcpCheckSpec | HttpCheckSpec | HttpsCheckSpec | GrpcCheckSpec;

/** How often an active check asks, and how many answers move its verdict. */
export interface CheckRhythm {
  /** Port to ask; 0: the endpoint's own. */
  readonly port: number;
  /** Its connections begin with a PROXY header of this version; left out: with none. */
  readonly proxyVersion?: ProxyHeaderSpec['version'];
  readonly intervalMs: number;
  readonly fastIntervalMs: number;
  readonly downIntervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  /** 0: off. */
  readonly maxLatencyMs: number;
  readonly startUnhealthy: boolean;
}

/** Passes when it connects, or on the expected bytes. */
export interface TcpCheckSpec extends CheckRhythm {
  readonly kind: 'tcp';
  /** Written once it is connected; `''`: nothing. */
  readonly send: string;
  /** Must occur in the first 64 KiB of what comes; `''`: not waited for. */
  readonly expect: string;
}

/** What an http or https check asks for, and which answers pass. */
export interface HttpQuestion {
  readonly path: string;
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  readonly headers: Readonly<Record<string, string>>;
  /** Inclusive ranges, e.g. [[200, 399]]. */
  readonly status: readonly (readonly [number, number])[];
  /** Must occur in the first 64 KiB of the body; `''`: not looked at. */
  readonly body: string;
  /** Host header, and over TLS the name in the certificate; `''`: the endpoint's own. */
  readonly host: string;
}

/** Passes on an expected answer. */
export interface HttpCheckSpec extends CheckRhythm, HttpQuestion {
  readonly kind: 'http';
}

/** The same over TLS. */
export interface HttpsCheckSpec extends CheckRhythm, HttpQuestion {
  readonly kind: 'https';
  /** File with the certificates that are trusted; `''`: those of the system. */
  readonly ca: string;
  /** Whether certificate and name are looked at. */
  readonly verify: boolean;
}

/** Passes where the server's health service says SERVING. */
export interface GrpcCheckSpec extends CheckRhythm {
  readonly kind: 'grpc';
  /** Name of a service; `''`: the server as a whole. */
  readonly service: string;
  /** What is asked as `:authority`; `''`: the endpoint's own. */
  readonly host: string;
}

/** Ejection of endpoints by what traffic meets. */
export interface EjectionSpec {
  readonly enabled: boolean;
  /** Gateway failures in a row. */
  readonly failures: number;
  /** Statuses that count as gateway failures. */
  readonly statuses: readonly number[];
  /** The first ejection; each further one takes twice as long … */
  readonly baseMs: number;
  /** … up to this. */
  readonly maxMs: number;
  /** A success rate far under that of the others ejects as well. */
  readonly successRate: boolean;
  /** Most of a pool that may be out, in percent; 0: half of fewer than ten endpoints, 30 of more. */
  readonly maxSharePercent: number;
  /** Only reports what it would have done. */
  readonly dryRun: boolean;
  /** After how many ms without an answer an attempt is overdue; `auto`: learned of the answers. */
  readonly silence: number | 'auto' | 'off';
}

/** When the circuit breaker of an endpoint opens, and how it closes again. */
export interface BreakerSpec {
  /** Share of the requests within `windowMs` that fail, in percent … */
  readonly failuresPercent: number;
  readonly windowMs: number;
  /** … where there were at least so many. */
  readonly requests: number;
  /** Failures in a row that open it as well; 0: any number. */
  readonly inARow: number;
  /** How long it is open at first; each further time twice as long … */
  readonly baseMs: number;
  /** … up to this. */
  readonly maxMs: number;
  /** Requests that have to be answered well before it closes; at most 10. */
  readonly probes: number;
  /** The last eligible endpoint is no exception: then requests are answered 503 at once. */
  readonly failFast: boolean;
}

/** When a request that has no answer yet is sent to a second endpoint as well. */
export interface HedgeSpec {
  /** After so long … */
  readonly delayMs: number;
  /** … or, where this is not 0, after this percentile of the route's times. */
  readonly percentile: number;
}

/** How many further attempts a pool may get in 10 s: a share of its requests, and so many each second besides. */
export interface RetryBudgetSpec {
  /** 0.2: a fifth. */
  readonly share: number;
  readonly perSecond: number;
}

/** When a failed attempt is followed by another one. */
export interface RetrySpec {
  /** All attempts, the first included; refused connects are none. */
  readonly attempts: number;
  readonly onConnect: boolean;
  readonly onReset: boolean;
  /** After a timeout of one attempt. */
  readonly onTimeout: boolean;
  /** After an answer with one of these. */
  readonly statuses: readonly number[];
  /** Largest request body kept for another attempt. */
  readonly replayBytes: number;
  /** Before the n-th retry: a random time below `backoffMs` × 2ⁿ, at most `maxBackoffMs`. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** Attempts move off an endpoint that is lost. */
  readonly rescue: boolean;
}

/** How large the head of a message may be, in bytes. */
export interface Limits {
  readonly headBytes: number;
  readonly headers: number;
  readonly targetBytes: number;
}

/** How long each wait may last, in milliseconds. */
export interface Timeouts {
  readonly connectMs: number;
  readonly requestHeadMs: number;
  readonly requestBodyIdleMs: number;
  readonly responseHeadMs: number;
  readonly responseIdleMs: number;
  readonly tunnelIdleMs: number;
  readonly tcpIdleMs: number;
  readonly writeIdleMs: number;
  readonly keepAliveMs: number;
  readonly tlsHandshakeMs: number;
  readonly drainMs: number;
  /** 0: off. */
  readonly perTryMs: number;
  /** 0: off. */
  readonly totalMs: number;
}

/** Which headers are added. */
export interface HeaderRules {
  readonly via: boolean;
  /** RFC 7239 Forwarded beside X-Forwarded-*. */
  readonly forwarded: boolean;
}
