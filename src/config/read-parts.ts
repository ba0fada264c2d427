/** Parts with a mistake of their own, as far as the rest of them can be read: a mistake must not hide another. */
import type { z } from 'zod';
import { matchesOf } from './match-schema.ts';
import { endpointSchema } from './endpoint-schema.ts';
import type { Part, ReadListener, ReadPool, ReadRoute } from './parts.ts';
import { matchOf, routeKeys, toReplacement } from './route-schema.ts';
import { listenerKeys } from './section-schemas.ts';
import type { WrittenMap } from './written.ts';

type Path = readonly (string | number)[];

export function readListener({ path, value }: Part<WrittenMap>): readonly Part<ReadListener>[] {
  const address = readKey(listenerKeys.shape.address, value, 'address');
  const udp = isWritten(value, 'udp') ? { udp: value['udp'] } : {};
  return address === null ? [] : [{ path, value: { id: String(path[1]), ...address, ...udp } }];
}

export function readRoute({ path, value }: Part<WrittenMap>): Part<ReadRoute> {
  const { shape } = routeKeys;
  const name = readKey(shape.name, value, 'name');
  const match = readKey(shape.match, value, 'match');
  const redirect = readKey(shape.redirect, value, 'redirect') ?? undefined;
  return {
    path,
    value: {
      id: isWritten(value, 'name') ? (name ?? null) : placeName(path),
      pool: readKey(shape.pool, value, 'pool') ?? null,
      matches: match === null ? null : matchesOf(matchOf(match, redirect)),
      replacePrefix: toReplacement(
        readKey(shape.stripPrefix, value, 'stripPrefix') ?? undefined,
        readKey(shape.replacePrefix, value, 'replacePrefix') ?? undefined,
      ),
    },
  };
}

/** The identity of a route without a name: its place, from 1. */
export function placeName(path: Path): string {
  return String(Number(path[1]) + 1);
}

/** The identity of the route that the n-th host of a list has, from 0. */
export function nameOfHost(id: string, index: number): string {
  return index === 0 ? id : `${id}/${index + 1}`;
}

export function readPool({ path, value }: Part<WrittenMap>): readonly Part<ReadPool>[] {
  const written = value['endpoints'];
  if (written === undefined || written === null) return [];
  const endpoints = [written].flat().map((each) => endpointSchema.safeParse(each).data ?? null);
  return [{ path, value: { endpoints } }];
}

function isWritten(map: WrittenMap, key: string): boolean {
  return Object.hasOwn(map, key) && map[key] !== undefined;
}

/** Null where it is wrong. */
function readKey<T extends z.ZodType>(schema: T, map: WrittenMap, key: string): z.output<T> | null {
  return schema.safeParse(isWritten(map, key) ? map[key] : undefined).data ?? null;
}
