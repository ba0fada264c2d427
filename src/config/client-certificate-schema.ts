/** How a listener asks clients for a certificate. */
import type { ClientCertificateSpec } from '../core/tls-files.ts';
import { parseServerName } from './addresses.ts';
import { key } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import { listOf, object, orOff, scalar, toggle, withRule } from './scalars.ts';

const FOR_ALL = new Mistake('"*" names nothing', 'Leave names out: then all are meant.');

const serverName = scalar((value) => parseServerName(value, FOR_ALL), {
  type: 'string',
  pattern: '.',
  words: 'host name',
});
const serverNames = withRule(listOf(serverName, 'name or list of names'), {
  isKept: (names) => names.length > 0,
  message: 'the list is empty',
  cure: 'Name a host, e.g. names: [api.example.com], or leave names out: then all are meant.',
  path: [],
});

const clientCertificateMap = object(
  {
    ca: key(filePath('/etc/fairlead/clients.pem'), {
      description: 'File with the certificates of the authorities that clients may have theirs from, in PEM.',
      example: '/etc/fairlead/clients.pem',
    }),
    require: key(toggle.prefault('on'), {
      description:
        'Whether a client without a certificate is refused. One whose certificate is no good is refused in any case.',
      example: 'off',
    }),
    names: key(serverNames.optional(), {
      description:
        'The names that clients are asked for a certificate under; `*.` takes one label. Requests for them come in by no other name.',
      example: ['api.example.com'],
      byDefault: 'all',
    }),
    forward: key(toggle.prefault('off'), {
      description: 'Tells endpoints of the certificate, by the headers Client-Cert and Client-Cert-Chain (RFC 9440).',
      example: 'on',
    }),
    crl: key(filePath('/etc/fairlead/clients.crl').optional(), {
      description: 'File with the lists of what the authorities have revoked, in PEM; one of each of them.',
      example: '/etc/fairlead/clients.crl',
      byDefault: 'none',
    }),
  },
  'ClientCertificate',
).transform(({ ca, require: isRequired, names = [], forward, crl = '' }): ClientCertificateSpec => {
  return { ca, require: isRequired, names, forward, crl };
});

/** Null: it does not. */
export const clientCertificateSchema = orOff(clientCertificateMap, null);
