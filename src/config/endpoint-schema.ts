/** An endpoint of a pool: an address, or a map that says more about it. */
import { isUnixAddress } from '../core/unix-address.ts';
import { parseEndpointAddress } from './addresses.ts';
import type { EndpointConfig } from './config.ts';
import { key } from './described.ts';
import { Mistake } from './errors.ts';
import { count, countOrOff, object, scalar, shortForm, toggle } from './scalars.ts';
import { describeValue } from './units.ts';
import { zoneName } from './zone-name.ts';

const LARGEST_WEIGHT = 1000;

const weightSchema = scalar(
  (value) => {
    if (typeof value === 'number' && value >= 0 && value <= LARGEST_WEIGHT) return value;
    return new Mistake(
      `${describeValue(value)} is not a weight`,
      `Write a number from 0 (no requests) to ${LARGEST_WEIGHT}.`,
    );
  },
  { type: 'number', minimum: 0, maximum: LARGEST_WEIGHT, words: `0 to ${LARGEST_WEIGHT}` },
);

export const addressSchema = scalar(
  (value) => {
    const address = parseEndpointAddress(value);
    if (address instanceof Mistake) return address;
    return { ...address, id: isUnixAddress(address.host) ? address.host : String(value).toLowerCase() };
  },
  {
    type: 'string',
    pattern: '^(?:unix:.*[^/]|(?:\\[[0-9A-Fa-f:.]+\\]|[^:\\[\\]\\s/]+):\\d{1,5})$',
    words: 'host and port, or `unix:/path`',
  },
);

export const endpointSchema = shortForm(
  object(
    {
      address: key(addressSchema, {
        description:
          "A name or a numeric address, and a port, or a unix socket: the endpoint's identity within its pool.",
        example: 'localhost:8081',
      }),
      weight: key(weightSchema.prefault(1), {
        description: 'Its share of the requests, fractions too; 0 takes none.',
        example: 2,
      }),
      priority: key(count(0, 100).prefault(0), {
        description:
          'Endpoints of priority 0 are used first. Those of the next priority take what is too much for the ones that are left of it.',
        example: 1,
      }),
      zone: key(zoneName.prefault('none'), {
        description: 'Where it stands. Those in the `zone` of Fairlead are preferred.',
        example: 'eu-1',
      }),
      backup: key(toggle.prefault('off'), {
        description: 'The last resort: used while no other endpoint of the pool is eligible.',
        example: 'on',
      }),
      maxRequests: key(countOrOff().prefault('off'), {
        description: 'Most requests in flight at it, over all threads. Where all endpoints are full, requests wait.',
        example: 50,
      }),
    },
    'Endpoint',
  ).transform(({ address: { id, host, port }, weight, priority, zone, backup, maxRequests }): EndpointConfig => {
    return { id, host, port, weight, priority, zone, isBackup: backup, maxRequests };
  }),
  (value) => (typeof value === 'string' || typeof value === 'number' ? { address: value } : value),
  addressSchema,
);
