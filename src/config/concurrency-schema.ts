/** `concurrency`: how many requests of a key are under way at the same time. */
import type { ConcurrencySpec } from '../core/limits/concurrency.ts';
import { key } from './described.ts';
import { limitKey, missingKey } from './limit-key.ts';
import { MOST, count, object, oneOrMore, shortForm } from './scalars.ts';

/** Before it has its identity. */
export type WrittenConcurrency = Omit<ConcurrencySpec, 'id'>;

const most = count(1, MOST);

const concurrencyMap = object(
  {
    max: key(most, {
      description: 'Most requests with the same key at the same time, over all threads.',
      example: 20,
    }),
    key: key(limitKey.prefault('client'), {
      description: 'What requests have in common that are counted together, as `routes.*.rateLimit.key`.',
      example: 'route',
    }),
    missing: key(missingKey.prefault('skip'), {
      description: 'What happens to a request that lacks a part of its key, as `routes.*.rateLimit.missing`.',
      example: 'client',
    }),
    keys: key(count(8, 2 ** 20).prefault(65_536), {
      description:
        'Room for so many different keys at the same time, rounded up to a power of two. Requests for whose key there is none pass uncounted.',
      example: 131_072,
    }),
  },
  'Concurrency',
).transform(({ max, key: parts, missing, keys }): WrittenConcurrency => {
  return { max, key: { parts, missing: missing === 'client' ? 'client' : 'random' }, keys };
});

const entry = shortForm(concurrencyMap, (value) => (typeof value === 'number' ? { max: value } : value), {
  type: 'integer',
  minimum: 1,
});

export const concurrencySchema = oneOrMore(entry, 'number, map, or a list of them');

/** Those of a route, if any, each named by its place. */
export function concurrencyOf(
  written: readonly WrittenConcurrency[],
  route: string,
): { readonly concurrency?: readonly ConcurrencySpec[] } {
  if (written.length === 0) return {};
  return { concurrency: written.map((limit, index) => ({ ...limit, id: `${route} ${index + 1}` })) };
}
