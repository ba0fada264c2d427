/**
 * A value read from a file or the command line into a config: every part is validated by itself, so that one
 * mistake does not hide another, and what passed is checked as a whole.
 */
import type { z } from 'zod';
import { checkRules } from './check-rules.ts';
import type { Config, RouteConfig } from './config.ts';
import { DEFAULT_HEADERS, DEFAULT_LIMITS, DEFAULT_LISTENER, DEFAULT_TIMEOUTS } from './defaults.ts';
import { describeRoot } from './document.ts';
import { Mistake, type Problem } from './errors.ts';
import { toProblems } from './issues.ts';
import { parseName } from './names.ts';
import type { Part } from './parts.ts';
import { poolSchema } from './pool-schema.ts';
import { type WrittenRoute, routeSchema } from './route-schema.ts';
import { cureUnknownKey } from './scalars.ts';
import {
  headersSchema,
  limitsSchema,
  listenerSchema,
  maxConnectionsSchema,
  threadsSchema,
  timeoutsSchema,
  trustedProxiesSchema,
} from './section-schemas.ts';

const KEYS = [
  'threads',
  'listeners',
  'routes',
  'pools',
  'timeouts',
  'limits',
  'trustedProxies',
  'headers',
  'maxConnections',
];

type Written = Readonly<Record<string, unknown>>;

export function buildConfig(value: unknown): Config | readonly Problem[] {
  if (!isMap(value)) return [{ path: [], mistake: describeRoot(value) }];
  const problems: Problem[] = Object.keys(value)
    .filter((key) => !KEYS.includes(key))
    .map((key) => ({
      path: [key],
      atKey: true,
      mistake: new Mistake('there is no such key', cureUnknownKey(key, KEYS)),
    }));
  const reader = new PartReader(value, problems);

  const timeouts = { ...DEFAULT_TIMEOUTS, ...reader.section('timeouts', timeoutsSchema, {}) };
  const limits = reader.section('limits', limitsSchema, DEFAULT_LIMITS);
  const listeners = reader.named('listeners', listenerSchema, { [DEFAULT_LISTENER.name]: DEFAULT_LISTENER.address });
  const pools = reader.named('pools', poolSchema, null);
  const poolNames = isMap(value['pools']) ? Object.keys(value['pools']) : [];
  const routes = reader.routes(poolNames).map(({ path, value: route }, index): Part<RouteConfig> => ({
    path,
    value: nameRoute(route, path, index, timeouts),
  }));
  const config: Config = {
    threads: reader.section('threads', threadsSchema, 'auto'),
    listeners: listeners.map((part) => part.value),
    routes: routes.map((part) => part.value),
    pools: pools.map((part) => part.value),
    limits,
    timeouts,
    trustedProxies: reader.section('trustedProxies', trustedProxiesSchema, []),
    headers: reader.section('headers', headersSchema, DEFAULT_HEADERS),
    maxConnections: reader.section('maxConnections', maxConnectionsSchema, 'auto'),
  };
  problems.push(...checkRules({ listeners, routes, pools, poolNames, limits }));
  return problems.length > 0 ? problems : deepFreeze(config);
}

class PartReader {
  readonly #written: Written;
  readonly #problems: Problem[];

  constructor(written: Written, problems: Problem[]) {
    this.#written = written;
    this.#problems = problems;
  }

  /** One key of the config, or its default. */
  section<T extends z.ZodType>(key: string, schema: T, byDefault: z.output<T>): z.output<T> {
    if (!Object.hasOwn(this.#written, key)) return byDefault;
    const part = this.#read(schema, this.#written[key], [key]);
    return part === null ? byDefault : part.value;
  }

  /** A map of parts by their names. */
  named<T extends z.ZodType<object>>(
    key: string,
    schema: T,
    byDefault: Written | null,
  ): readonly Part<z.output<T> & { readonly id: string }>[] {
    const value = this.#written[key] ?? (Object.hasOwn(this.#written, key) ? null : byDefault);
    if (!isMap(value) || Object.keys(value).length === 0) {
      this.#problems.push({ path: [key], mistake: describeEmpty(key, value, Object.hasOwn(this.#written, key)) });
      return [];
    }
    return Object.entries(value).flatMap(([name, written]) => {
      const id = parseName(name);
      if (id instanceof Mistake) this.#problems.push({ path: [key, name], atKey: true, mistake: id });
      const part = this.#read(schema, written, [key, name]);
      return part === null || id instanceof Mistake ? [] : [{ path: part.path, value: { id, ...part.value } }];
    });
  }

  /** The list of routes; with a single pool it may be left out. */
  routes(poolNames: readonly string[]): readonly Part<WrittenRoute>[] {
    const value = this.#written['routes'];
    if (Object.hasOwn(this.#written, 'routes')) {
      if (Array.isArray(value) && value.length > 0) {
        return value.flatMap((written, index) => this.#read(routeSchema, written, ['routes', index]) ?? []);
      }
      this.#problems.push({ path: ['routes'], mistake: describeEmpty('routes', value, true) });
    } else if (poolNames.length === 1) {
      return [{ path: ['routes', 0], value: routeSchema.parse({ pool: poolNames[0] }) }];
    } else if (poolNames.length > 1) {
      this.#problems.push({ path: ['routes'], mistake: describeEmpty('routes', value, false) });
    }
    return [];
  }

  #read<T extends z.ZodType>(schema: T, value: unknown, path: readonly (string | number)[]): Part<z.output<T>> | null {
    const result = schema.safeParse(value);
    if (result.success) return { path, value: result.data };
    this.#problems.push(...toProblems(result.error.issues, value, path));
    return null;
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  listeners: 'listeners: { web: 127.0.0.1:8080 }',
  routes: 'routes: [{ match: { path: /v1/* }, pool: api }, { pool: web }]',
  pools: 'pools: { web: [localhost:8081] }',
};

function describeEmpty(key: string, value: unknown, isThere: boolean): Mistake {
  const cure = `Write e.g. ${EXAMPLES[key]}.`;
  if (!isThere) {
    return new Mistake(
      key === 'routes' ? 'routes are missing, and there is more than one pool' : 'the key is missing',
      cure,
    );
  }
  const kind = key === 'routes' ? 'list' : 'map';
  const isEmpty = value === null || (typeof value === 'object' && (kind === 'list') === Array.isArray(value));
  return new Mistake(isEmpty ? `this ${kind} is empty` : `this has to be a ${kind}`, cure);
}

function nameRoute(
  { name, ...route }: WrittenRoute,
  path: readonly (string | number)[],
  index: number,
  timeouts: Config['timeouts'],
): RouteConfig {
  const place = typeof path[1] === 'number' ? path[1] : index;
  return { ...route, id: name ?? String(place + 1), timeouts: { ...timeouts, ...route.timeouts } };
}

function isMap(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
