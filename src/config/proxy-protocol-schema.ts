/** The PROXY protocol: who in front may say whose connection it is, and which servers are told. */
import type { ProxyHeaderField, ProxyHeaderSpec, ProxyProtocolSpec } from '../core/snapshot.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { network } from './network.ts';
import { listOf, notOneOf, object, oneOf, orOff, scalar, shortForm, withRule } from './scalars.ts';
import { describeValue } from './units.ts';

const incomingKeys = object(
  {
    from: key(listOf(network, 'list of addresses and CIDR blocks, or `unix`'), {
      description:
        'Who may send a header: the addresses of the balancers in front. There is no default, since whoever may send one chooses the address that counts as the client.',
      example: ['10.0.0.0/8'],
    }),
    mode: key(oneOf(['require', 'detect']).prefault('require'), {
      description:
        '`require`: a connection from elsewhere, or without a header, is reset. `detect`: those in `from` may leave the header out; what comes from elsewhere is taken as it is.',
      example: 'detect',
    }),
  },
  'ProxyProtocol',
);

const incoming = withRule(incomingKeys, {
  isKept: ({ from }) => !Array.isArray(from) || from.length > 0,
  message: 'nobody may send a header',
  cure: 'Name who may, e.g. from: [10.0.0.0/8], or write proxyProtocol: off.',
  path: ['from'],
}).transform(({ from, mode }): ProxyProtocolSpec => ({ from, mode }));

/** Of a listener. */
export const incomingProxySchema = orOff(incoming, null);

// ——— of a pool

const FIELDS: readonly ProxyHeaderField[] = ['alpn', 'authority', 'unique-id', 'ssl', 'crc32c'];

const fieldName = scalar(
  (value): ProxyHeaderField | Mistake => {
    const found = FIELDS.find((name) => name === value);
    return found ?? notOneOf(value, FIELDS, `Use ${FIELDS.join(', ')}.`, 'field');
  },
  { enum: FIELDS, words: FIELDS.map((name) => `\`${name}\``).join(', ') },
);

const VERSIONS: ReadonlyMap<unknown, 1 | 2> = new Map<unknown, 1 | 2>([
  [1, 1],
  [2, 2],
  ['v1', 1],
  ['v2', 2],
]);

const version = scalar(
  (value) =>
    VERSIONS.get(value) ??
    new Mistake(`there is no version ${describeValue(value)}`, 'Write version: 1 or version: 2.'),
  { enum: [1, 2], words: '1 or 2' },
);

const outgoingKeys = object(
  {
    version: key(version, {
      description: '1 is a line of text. 2 is binary, and may have fields.',
      example: 2,
    }),
    add: key(listOf(fieldName, 'list of fields').prefault([]), {
      description:
        'Fields of version 2. `authority`: the name that the client asked for in TLS. `alpn`: the protocol agreed on there. `ssl`: version, cipher and certificates. `unique-id`: the id of the first request. `crc32c`: a checksum.',
      example: ['unique-id', 'crc32c'],
      byDefault: 'none',
    }),
  },
  'PoolProxyProtocol',
);

const outgoing = withRule(outgoingKeys, {
  isKept: ({ version, add }) => version !== 1 || !Array.isArray(add) || add.length === 0,
  message: 'a header of version 1 has no fields',
  cure: 'Write version: 2, or take "add" out.',
  path: ['add'],
}).transform(({ version, add }): ProxyHeaderSpec => ({ version, add }));

/** Of a pool. */
export const outgoingProxySchema = orOff(
  note(
    shortForm(outgoing, (value) => (value === 'v1' || value === 'v2' ? { version: value } : value), {
      enum: ['v1', 'v2'],
    }),
    { words: '`v1`, `v2`, or map' },
  ),
  null,
);
