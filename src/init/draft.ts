/**
 * What is taken over from another program's config, on its way to ours: values as a person writes them, each with its
 * source.
 */
import type {
  ConfigInput,
  EndpointInput,
  ListenerInput,
  ListenerTlsInput,
  PoolInput,
  RateLimitInput,
  RouteInput,
  TimeoutsInput,
} from '../config/config-input.ts';
import type { Report } from './report.ts';
import type { Statement } from './statement.ts';

export interface Sourced<T> {
  readonly value: T;
  readonly from: Statement;
}

export type PoolSettings = Omit<PoolInput, 'endpoints'>;

/** An address, or one with what else is said of it. */
export type DraftListener = string | ListenerInput;

/** Where bytes pass to a pool and no HTTP is read. */
export type DraftTcp = NonNullable<ListenerInput['tcp']>;
/** The same of datagrams. */
export type DraftUdp = NonNullable<ListenerInput['udp']>;

export function addressOf(listener: DraftListener): string {
  return typeof listener === 'string' ? listener : listener.address;
}

/** Where its bytes or datagrams go; undefined: it takes HTTP. */
function layer4Of(listener: DraftListener): DraftTcp | DraftUdp | undefined {
  return typeof listener === 'string' ? undefined : (listener.tcp ?? listener.udp);
}

/** The pool that a listener of layer 4 leads to; undefined: it takes HTTP. */
export function poolOfListener(listener: DraftListener): string | undefined {
  const layer4 = layer4Of(listener);
  return typeof layer4 === 'object' ? layer4.pool : layer4;
}

export function withTcp(listener: DraftListener, tcp: DraftTcp): ListenerInput {
  return typeof listener === 'string' ? { address: listener, tcp } : { ...listener, tcp };
}

export function withTls(listener: DraftListener, tls: ListenerTlsInput): ListenerInput {
  return typeof listener === 'string' ? { address: listener, tls } : { ...listener, tls };
}

export function withUdp(listener: DraftListener, udp: DraftUdp): ListenerInput {
  return typeof listener === 'string' ? { address: listener, udp } : { ...listener, udp };
}

/** Names of clients of TLS, and the pools that their connections pass to unopened. */
export type DraftPassthrough = Readonly<Record<string, string>>;

export function passthroughOf(listener: DraftListener): DraftPassthrough {
  const tls = typeof listener === 'string' ? undefined : listener.tls;
  return typeof tls === 'object' ? (tls.passthrough ?? {}) : {};
}

/** All that comes in by it passes on. */
function passesAll(listener: DraftListener): boolean {
  if (layer4Of(listener) !== undefined) return true;
  const tls = typeof listener === 'string' ? undefined : listener.tls;
  return typeof tls === 'object' && tls.certificates === undefined;
}

export interface DraftPool {
  readonly from: Statement;
  readonly endpoints: Sourced<string | EndpointInput>[];
  readonly settings: Map<keyof PoolSettings, Sourced<unknown>>;
}

/** Keys of the whole config that hold one value. */
export type TopKey = 'threads' | 'maxConnections';

export interface Draft {
  readonly listeners: Map<string, Sourced<DraftListener>>;
  readonly routes: Sourced<RouteInput>[];
  readonly pools: Map<string, DraftPool>;
  readonly rateLimits: Map<string, Sourced<RateLimitInput>>;
  readonly timeouts: Map<keyof TimeoutsInput, Sourced<string>>;
  readonly top: Map<TopKey, Sourced<number | string>>;
  /** `defaults.maxBody`. */
  maxBody: Sourced<string> | null;
  /** The pool of `closedPool`; null: nothing needs it. */
  closed: string | null;
}

export function createDraft(): Draft {
  return {
    listeners: new Map(),
    routes: [],
    pools: new Map(),
    rateLimits: new Map(),
    timeouts: new Map(),
    top: new Map(),
    maxBody: null,
    closed: null,
  };
}

/** Addresses of listeners that are there so far, by the protocol that they are of. */
export function addressesOf({ listeners }: Draft, protocol: 'tcp' | 'udp' = 'tcp'): ReadonlySet<string> {
  const values = [...listeners.values()].map(({ value }) => value);
  const isUdp = (value: DraftListener): boolean => typeof value !== 'string' && value.udp !== undefined;
  return new Set(values.filter((value) => isUdp(value) === (protocol === 'udp')).map(addressOf));
}

/** Whether a listener takes HTTP. */
export function takesHttp({ listeners }: Draft): boolean {
  return [...listeners.values()].some(({ value }) => !passesAll(value));
}

/** Whether the next listener that takes HTTP is to be called `web`. */
export function isFirst(draft: Draft): boolean {
  return !takesHttp(draft) && !draft.listeners.has('web');
}

/** The pools that listeners lead to. */
export function poolsOfListeners({ listeners }: Draft): ReadonlySet<string> {
  const values = [...listeners.values()].map(({ value }) => value);
  return new Set(values.flatMap((value) => [poolOfListener(value) ?? [], Object.values(passthroughOf(value))].flat()));
}

const THIS_MACHINE = '127.0.0.1:8080';
/** The port of tcpmux, on which nothing has listened for decades. */
const NOBODY = '127.0.0.1:1';

/**
 * The name of a pool at whose address nobody listens. What was guarded goes there: were it left out, another route
 * would open it. `isTaken`: names that pools will have.
 */
export function closedPool(draft: Draft, from: Statement, isTaken: (name: string) => boolean = () => false): string {
  if (draft.closed !== null && draft.pools.has(draft.closed)) return draft.closed;
  let name = 'closed';
  for (let number = 2; draft.pools.has(name) || isTaken(name); number++) name = `closed-${number}`;
  // Who comes here is refused at once: nobody waits for a server that nobody will start.
  const settings: DraftPool['settings'] = new Map<keyof PoolSettings, Sourced<unknown>>([
    ['retry', { value: 'off', from }],
    ['queue', { value: { hold: 'off' }, from }],
  ]);
  draft.pools.set(name, { from, endpoints: [{ value: NOBODY, from }], settings });
  draft.closed = name;
  return name;
}

/** Whether a server is asked for what it takes. */
export function leadsToServer({ pool, redirect }: RouteInput, { closed }: Pick<Draft, 'closed'>): boolean {
  return redirect === undefined && pool !== closed;
}

/** If no address was taken over, the config listens on a port of this machine, which is written out and listed. */
export function listenHere(draft: Draft, from: Statement, why: string, report: Report): void {
  draft.listeners.set('web', { value: THIS_MACHINE, from });
  report.differ(from, `it listens in plain HTTP on ${THIS_MACHINE}, ${why}`);
}

/** The config as plain data. It may still have mistakes: `settleDraft`. */
export function toConfigInput(draft: Draft): ConfigInput {
  const { listeners, pools, rateLimits, timeouts, top, maxBody, closed } = draft;
  // What was guarded is met under every reading of its path.
  const routes = draft.routes.map(({ value }): RouteInput =>
    value.pool === closed ? { ...value, guards: 'on' } : value,
  );
  return {
    ...valuesOf(top),
    ...(listeners.size === 0 ? {} : { listeners: valuesOf(listeners) }),
    ...(maxBody === null ? {} : { defaults: { maxBody: maxBody.value as `${number}B` } }),
    ...(routes.length === 0 || isOneForAll(draft) ? {} : { routes }),
    ...(pools.size === 0
      ? {}
      : { pools: Object.fromEntries([...pools].map(([name, pool]) => [name, toPoolInput(pool)])) }),
    ...(rateLimits.size === 0 ? {} : { rateLimits: valuesOf(rateLimits) }),
    ...(timeouts.size === 0 ? {} : { timeouts: valuesOf(timeouts) }),
  };
}

/** With one pool everything goes there without a route; that is right only if the one route says nothing else. */
function isOneForAll({ routes, pools }: Draft): boolean {
  const [route] = routes;
  return route !== undefined && pools.size === 1 && routes.length === 1 && Object.keys(route.value).join() === 'pool';
}

function toPoolInput({ endpoints, settings }: DraftPool): PoolInput {
  const { policy, ...others } = valuesOf(settings) as PoolSettings;
  return {
    ...(policy === undefined ? {} : { policy }),
    endpoints: endpoints.map(({ value }) => value),
    ...others,
  };
}

function valuesOf<T>(map: ReadonlyMap<string, Sourced<T>>): Record<string, T> {
  return Object.fromEntries([...map].map(([key, { value }]) => [key, value]));
}
