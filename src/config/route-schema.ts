/** A route: its match, its pool, and what it does to a request. */
import type { Timeouts } from '../core/snapshot.ts';
import type { RouteConfig } from './config.ts';
import { DEFAULT_UPGRADES } from './defaults.ts';
import { Mistake } from './errors.ts';
import { matchSchema, parsePath } from './match-schema.ts';
import { parseName } from './names.ts';
import { TOKEN, listOf, object, scalar, sizeOrOff } from './scalars.ts';
import { routeTimeoutsSchema } from './section-schemas.ts';
import { describeValue } from './units.ts';

/** A route before its name and the timeouts of the whole config are filled in. */
export interface WrittenRoute extends Omit<RouteConfig, 'id' | 'timeouts'> {
  readonly name: string | null;
  readonly timeouts: Partial<Timeouts>;
}

/** A path to cut or to put in place, without a final slash, or `/`. */
const pathPrefix = scalar((value) => {
  const path = parsePath(value);
  if (path instanceof Mistake) return path;
  if (path.includes('*'))
    return new Mistake('a prefix is written without *', `Write ${path.replace(/\/\*$/, '') || '/'}.`);
  if (path.startsWith('//')) return new Mistake('a prefix does not begin with two slashes', 'Write one.');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
});

const upgrade = scalar((value) => {
  const cure = 'Write the name of a protocol, e.g. websocket.';
  if (typeof value !== 'string' || !/^[^/]+(?:\/[^/]+)?$/.test(value) || !TOKEN.test(value.replace('/', ''))) {
    return new Mistake(`${describeValue(value)} is not a protocol`, cure);
  }
  const name = value.toLowerCase();
  return name === 'h2c' ? new Mistake('an upgrade to h2c is never passed on', 'Take it out.') : name;
});

export const routeSchema = object({
  name: scalar(parseName).optional(),
  match: matchSchema,
  pool: scalar((value) =>
    typeof value === 'string'
      ? value
      : new Mistake(`${describeValue(value)} is not the name of a pool`, 'Write the name of a pool.'),
  ),
  stripPrefix: pathPrefix.optional(),
  replacePrefix: object({ prefix: pathPrefix, by: pathPrefix }).optional(),
  timeouts: routeTimeoutsSchema.default({}),
  upgrades: listOf(upgrade).default([...DEFAULT_UPGRADES]),
  maxBody: sizeOrOff.default(0),
}).transform((written, context): WrittenRoute => {
  const { name, match, pool, stripPrefix, replacePrefix, timeouts, upgrades, maxBody } = written;
  if (stripPrefix !== undefined && replacePrefix !== undefined) {
    const cure = 'Keep one of the two.';
    const message = 'stripPrefix and replacePrefix exclude each other';
    context.issues.push({ code: 'custom', message, params: { cure }, input: written, path: ['stripPrefix'] });
  }
  const replace = stripPrefix === undefined ? (replacePrefix ?? null) : { prefix: stripPrefix, by: '' };
  return { name: name ?? null, match, pool, replacePrefix: replace, timeouts, upgrades, maxBody };
});
