/** How a listener ends TLS: with which certificates, and for whom. */
import { z } from 'zod';
import { acmeNamesSchema } from './acme-schema.ts';
import type { ListenerTls } from '../core/snapshot.ts';
import type { CertificateSource } from '../core/tls-files.ts';
import { clientCertificateSchema } from './client-certificate-schema.ts';
import { key, note } from './described.ts';
import { filePath } from './file-path.ts';
import { passthroughSchema } from './passthrough-schema.ts';
import type { WrittenPassthrough } from './passthrough-schema.ts';
import { object, oneOf, orOff, shortForm, withRule } from './scalars.ts';
import { tlsVersion } from './tls-version.ts';
import { isWrittenMap } from './written.ts';

/** Before the times of the pools that names lead to are filled in. */
export interface WrittenListenerTls extends Omit<ListenerTls, 'passthrough'> {
  readonly passthrough?: readonly WrittenPassthrough[];
}

const sourceKeys = object(
  {
    cert: key(filePath('/etc/fairlead/example.com.pem').optional(), {
      description:
        "The server's certificate and then those of its issuers, in PEM; its key as well, unless `key` names another file. Or a folder of such files.",
      example: '/etc/fairlead/example.com.crt',
      byDefault: 'none',
    }),
    key: key(filePath('/etc/fairlead/example.com.key').optional(), {
      description: 'The private key of `cert`, in PEM.',
      example: '/etc/fairlead/example.com.key',
      byDefault: 'in `cert`',
    }),
    pkcs12: key(filePath('/etc/fairlead/example.com.p12').optional(), {
      description: 'Certificates and key in PKCS#12, in place of `cert`.',
      example: '/etc/fairlead/example.com.p12',
      byDefault: 'none',
    }),
    passphraseFile: key(filePath('/etc/fairlead/example.com.pass').optional(), {
      description: 'File whose first line opens the key.',
      example: '/etc/fairlead/example.com.pass',
      byDefault: 'none',
    }),
    ocsp: key(filePath('/etc/fairlead/example.com.ocsp').optional(), {
      description:
        'Answer of the issuer that the certificate of `cert` is not revoked, in DER, at most 16 KiB. It is sent along as it is.',
      example: '/etc/fairlead/example.com.ocsp',
      byDefault: 'none',
    }),
  },
  'Certificate',
);

const oneSource = withRule(sourceKeys, {
  isKept: ({ cert, pkcs12 }) => (cert === undefined) !== (pkcs12 === undefined),
  message: 'a certificate stands either in cert or in pkcs12',
  cure: 'Write one of the two, e.g. { cert: example.com.crt, key: example.com.key }.',
  path: [],
});

const sourceMap = withRule(oneSource, {
  isKept: ({ pkcs12, key: keyFile, ocsp }) => pkcs12 === undefined || (keyFile === undefined && ocsp === undefined),
  message: 'pkcs12 has its key in it, and takes nothing but passphraseFile beside it',
  cure: 'Take key and ocsp out.',
  path: ['pkcs12'],
}).transform(({ cert = '', key: keyFile = '', pkcs12 = '', passphraseFile = '', ocsp = '' }): CertificateSource => ({
  cert,
  key: keyFile,
  pkcs12,
  passphraseFile,
  ocsp,
}));

const path = filePath('/etc/fairlead/example.com.pem');

const source = shortForm(sourceMap, (value) => (typeof value === 'string' ? { cert: value } : value), path);

const list = z.array(source).refine((sources) => sources.length > 0, {
  error: 'the list is empty',
  params: { cure: 'Name a certificate, e.g. certificates: example.com.pem.' },
});

const certificates = note(
  z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), list),
  { forms: [source, list], words: 'file, folder, map, or a list of them' },
);

const listenerTlsKeys = object(
  {
    certificates: key(certificates.optional(), {
      description:
        'What Fairlead proves with who it is: a file with the chain and its key, a folder of them, or a map. The first one is for clients that ask for no name.',
      example: ['/etc/fairlead/example.com.pem'],
      byDefault: 'required, unless there is `acme` or `passthrough`',
    }),
    acme: key(acmeNamesSchema, {
      description:
        'Host names that Fairlead gets a certificate for by itself, and renews. Needs `acme` and `stateDir` beside `listeners`.',
      example: ['www.example.com'],
      byDefault: 'none',
    }),
    minVersion: key(tlsVersion.prefault('1.2'), {
      description: 'Clients that offer less are refused.',
      example: '1.3',
    }),
    unknownName: key(oneOf(['default', 'refuse']).prefault('default'), {
      description:
        'What a client gets that asks for a name of no certificate, or for none: the first certificate, or a refusal.',
      example: 'refuse',
    }),
    ticketKeys: key(filePath('/etc/fairlead/tickets.key').optional(), {
      description:
        'File with the keys of session tickets, so that clients of one machine may go on at another: one a line, 48 bytes in base64, the newest first.',
      example: '/etc/fairlead/tickets.key',
      byDefault: "the process's own",
    }),
    passthrough: key(passthroughSchema.optional(), {
      description:
        'Connections that are not opened here: the name that a client asks for, or `*.` and the end of one, and the pool that its bytes go to as they come. These names come before certificates.',
      example: { '*.legacy.example.com': 'legacy' },
      byDefault: 'none',
    }),
    clientCertificate: key(clientCertificateSchema.prefault('off'), {
      description: 'Asks clients for a certificate (mutual TLS).',
      example: { ca: '/etc/fairlead/clients.pem' },
    }),
  },
  'ListenerTls',
);

const listenerTlsMap = listenerTlsKeys
  .refine((tls) => !isWrittenMap(tls) || tls.certificates !== undefined || isOpenedOtherwise(tls), {
    when: () => true,
    path: ['certificates'],
  })
  .transform(({ certificates = [], ticketKeys = '', passthrough, ...rest }): WrittenListenerTls => {
    return { certificates, ...rest, ticketKeys, ...(passthrough === undefined ? {} : { passthrough }) };
  });

/** It needs no file: Fairlead gets its certificates, or there is something that it passes on. */
function isOpenedOtherwise({
  acme,
  passthrough,
}: {
  readonly acme?: unknown;
  readonly passthrough?: unknown;
}): boolean {
  return passthrough !== undefined || (Array.isArray(acme) && acme.length > 0);
}

/** Null: the listener speaks plain HTTP. */
export const listenerTlsSchema = orOff(listenerTlsMap, null);
