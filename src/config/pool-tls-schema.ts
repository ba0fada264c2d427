/** TLS to the endpoints of a pool. */
import { isIP } from 'node:net';
import type { PoolTlsSpec } from '../core/tls-files.ts';
import { isHostName } from './addresses.ts';
import { key } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import { listOf, object, oneOf, orOff, scalar, shortForm, toggle, withRule } from './scalars.ts';
import { tlsVersion } from './tls-version.ts';
import { describeValue } from './units.ts';

const tlsName = scalar(
  (value) => {
    if (typeof value !== 'string') return new Mistake(`${describeValue(value)} is not a host`, NAME_CURE);
    const name = value.toLowerCase();
    return isHostName(name) || isIP(name) !== 0
      ? name
      : new Mistake(`${describeValue(value)} is not a host`, NAME_CURE);
  },
  { type: 'string', words: 'host' },
);
const NAME_CURE = 'Write the name that is in the certificate, such as api.example.com.';

const tlsKeys = object(
  {
    ca: key(filePath('./internal-ca.pem').optional(), {
      description: 'File with the certificates, in PEM, that are trusted instead of those of the system.',
      example: './internal-ca.pem',
      byDefault: "the system's",
    }),
    certificate: key(filePath('./client.pem').optional(), {
      description: 'File with the certificate and its chain, in PEM, that is shown to endpoints that ask for one.',
      example: './client.pem',
      byDefault: 'none',
    }),
    key: key(filePath('./client.key').optional(), {
      description: 'File with the key of `certificate`, in PEM.',
      example: './client.key',
      byDefault: 'the file of `certificate`',
    }),
    name: key(tlsName.optional(), {
      description: 'The name that endpoints are asked for (SNI), and that has to be in their certificates.',
      example: 'api.internal',
      byDefault: 'the Host that endpoints get, without its port',
    }),
    verify: key(toggle.prefault('on'), {
      description: 'Whether the certificate and the name in it are looked at. `off` trusts whoever answers.',
      example: 'off',
    }),
    minVersion: key(tlsVersion.prefault('1.2'), {
      description: 'The oldest version of TLS that is spoken.',
      example: '1.3',
    }),
    alpn: key(listOf(oneOf(['http/1.1']), 'list of protocols').prefault(['http/1.1']), {
      description:
        'Protocols that endpoints are offered (ALPN); `[]` for none: some old servers do not know the question.',
      example: [],
    }),
  },
  'PoolTls',
);

const withKeyOwner = withRule(tlsKeys, {
  isKept: ({ certificate, key: file }) => file === undefined || certificate !== undefined,
  message: 'a key without a certificate is of no use',
  cure: 'Add certificate, or take the key out.',
  path: ['key'],
});

const tlsMap = withRule(withKeyOwner, {
  isKept: ({ ca, verify }) => ca === undefined || verify,
  message: 'with verify: off nobody looks at the certificates of ca',
  cure: 'Take one of the two out.',
  path: ['verify'],
}).transform(({ ca = '', certificate = '', key: file = certificate, name = '', ...rest }): PoolTlsSpec => {
  return { ca, certificate, key: file, name, ...rest };
});

/** Null: off. */
export const poolTlsSchema = shortForm(orOff(tlsMap, null), toLongTls, { enum: ['on'], words: '`on`' });

/** `on` is a map with all defaults. */
export function toLongTls(value: unknown): unknown {
  return value === 'on' ? {} : value;
}
