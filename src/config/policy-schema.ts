/** How endpoints are chosen: the name of a policy, or a map where more is to be said. */
import { z } from 'zod';
import { POLICIES } from '../core/balancer/policies.ts';
import { parseKeyPart } from '../core/keys/key-parts.ts';
import type { HashSpec, PolicySpec } from '../core/snapshot.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { cureForeignPolicy, cureHashKey } from './foreign-policies.ts';
import { isOff, listOf, object, oneOf, readWith, scalar, shortForm } from './scalars.ts';
import { describeValue } from './units.ts';

const KEY_FORMS =
  'Write client, peer, host, path, url, route, listener, header.NAME, cookie.NAME, query.NAME, or a list of these.';

const keyPart = scalar(
  (value) => {
    if (typeof value === 'string' && parseKeyPart(value) !== null) return value;
    const cure = typeof value === 'string' ? cureHashKey(value) : null;
    return new Mistake(`${describeValue(value)} is nothing that requests have in common`, cure ?? KEY_FORMS);
  },
  {
    type: 'string',
    pattern: '^(?:(?:client|peer)(?:/[1-9][0-9]{0,2})?|route|host|listener|path|url|(?:header|cookie|query)\\..+)$',
    words: 'key',
  },
);

/** Whoever takes as many times his share has no use for a bound. */
const LARGEST_BOUND = 100;

const boundedLoad = scalar(
  (value) => {
    if (isOff(value)) return 0;
    if (typeof value === 'number' && value > 1 && value <= LARGEST_BOUND) return value;
    const cure = `Write off, or a number above 1 and up to ${LARGEST_BOUND}, such as 1.25.`;
    return new Mistake(`${describeValue(value)} is not a bound of load`, cure);
  },
  {
    anyOf: [
      { type: 'number', minimum: 1, maximum: LARGEST_BOUND },
      { enum: ['off', false], tsType: 'Off' },
    ],
    words: `number above 1, or \`off\``,
  },
);

const hashKeys = object(
  {
    key: key(listOf(keyPart, 'key, or list of keys').prefault('client'), {
      description:
        'What requests to one endpoint have in common: `client` (its address, of IPv6 the first 64 bits; `client/24`, `client/48`), `peer`, `host`, `path`, `url`, `route`, `listener`, `header.NAME`, `cookie.NAME`, `query.NAME`, or a list of these.',
      example: 'header.x-user',
    }),
    missing: key(oneOf(['random', 'client']).prefault('random'), {
      description: 'Where a request goes that lacks a part of its key: anywhere, or by the address of its client.',
      example: 'client',
    }),
    table: key(oneOf(['ring', 'maglev', 'rendezvous']).prefault('ring'), {
      description:
        '`ring`: consistent, 160 points per weight. `maglev`: 65,537 places, the most even shares. `rendezvous`: exact shares without a table, for up to some hundred endpoints.',
      example: 'maglev',
    }),
    boundedLoad: key(boundedLoad.prefault('off'), {
      description:
        'Most that an endpoint may have in flight, as a multiple of its share of all; what is above it is spread over the others.',
      example: 1.25,
    }),
  },
  'HashPolicy',
);

const isKey = (value: unknown): boolean => typeof value === 'string' || Array.isArray(value);

const hashSchema = shortForm(
  hashKeys.transform(({ key: parts, missing, table, boundedLoad }): HashSpec => {
    return { key: { parts, missing }, table, boundedLoad };
  }),
  (value) => (isKey(value) ? { key: value } : value),
  keyPart,
  z.array(keyPart),
);

const policyKeys = object(
  {
    hash: key(hashSchema, {
      description: 'By a hash of what requests have in common; a key alone is short for `{ key: … }`.',
      example: { key: 'header.x-user', table: 'maglev' },
      words: 'map, or key',
    }),
  },
  'Policy',
);

const NAMES = [...Object.keys(POLICIES), 'hash'];
const policyName = oneOf(NAMES, 'policy', cureForeignPolicy);

const eitherPolicy = z.unknown().transform((value, context): PolicySpec => {
  if (typeof value === 'object' && value !== null) return readWith(policyKeys, value, context);
  const name = readWith(policyName, value, context);
  return name === 'hash' ? { hash: hashSchema.parse({}) } : name;
});

export const policySchema = note(eitherPolicy, { forms: [policyName, policyKeys], words: 'policy' });
