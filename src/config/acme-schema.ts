/** Certificates that Fairlead gets by itself: from which authority, for which names, and where they are kept. */
import { z } from 'zod';
import { isIP } from 'node:net';
import type { AcmeSpec } from '../core/acme.ts';
import { isHostName } from './addresses.ts';
import { key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import { object, oneOf, orOff, scalar } from './scalars.ts';
import { describeValue } from './units.ts';

/** As authorities have it. */
const MOST_NAMES = 100;

const DIRECTORIES: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

/** Whoever writes to it writes in ASCII. */
const EMAIL = /^[!-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$/;
/** What could be taken for several addresses, or for more than an address (RFC 8555 7.3). */
const MORE_THAN_EMAIL = /[,;?&<>"]/;

// ——— names

const acmeName = scalar(
  (value): string | Mistake => {
    const cure = 'Write a name such as www.example.com.';
    if (typeof value !== 'string') return new Mistake(`a host is text, not ${describeValue(value)}`, cure);
    const name = value.toLowerCase().replace(/\.$/, '');
    if (name.startsWith('*.'))
      return new Mistake(
        'a certificate for every name below one needs a proof by DNS, which is not built',
        'Name each host; or get it by another program, and name its file in certificates.',
      );
    if (/[^\0-\x7f]/.test(name))
      return new Mistake(`${describeValue(value)} is not in ASCII`, 'Write the name in its xn-- form.');
    if (isIP(name) !== 0) return new Mistake('authorities give certificates for names, not for addresses', cure);
    return isHostName(name) ? name : new Mistake(`${describeValue(value)} is not a host name`, cure);
  },
  { type: 'string', words: 'host name' },
);

const names = z
  .array(acmeName)
  .refine((list) => list.length > 0, {
    error: 'the list is empty',
    params: { cure: 'Name a host, e.g. acme: [www.example.com].' },
  })
  .refine((list) => list.length <= MOST_NAMES, {
    error: `a certificate has at most ${MOST_NAMES} names`,
    params: { cure: 'Put some of them into another listener, or name files.' },
  })
  .refine((list) => new Set(list).size === list.length, {
    error: 'a name stands in the list twice',
    params: { cure: 'Take one of them out.' },
  });

/** Of a listener: one name or a list. */
export const acmeNamesSchema = note(
  z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), names.optional()),
  { forms: [names, acmeName], words: 'list of host names' },
).transform((list): readonly string[] => list ?? []);

// ——— the authority

const directory = scalar(
  (value): string | Mistake => {
    if (typeof value !== 'string' || value === '')
      return new Mistake(`${describeValue(value)} is not a directory`, 'Write letsencrypt, or the URL of one.');
    if (Object.hasOwn(DIRECTORIES, value)) return DIRECTORIES[value];
    const url = URL.parse(value);
    if (url?.protocol === 'https:' && url.username === '' && url.hash === '') return url.href;
    const cure = `Use ${Object.keys(DIRECTORIES).join(', ')}, or the URL of a directory, e.g. https://ca.example.com/acme/directory.`;
    if (url !== null && /^https?:$/.test(url.protocol))
      return new Mistake('a directory is asked by https, without a name and a password in its URL', cure);
    return new Mistake(`there is no directory ${describeValue(value)}`, cure);
  },
  {
    anyOf: [{ enum: Object.keys(DIRECTORIES) }, { type: 'string', pattern: '^https://' }],
    words: '`letsencrypt`, `letsencrypt-staging`, or a URL',
    tsType: 'string',
  },
);

const email = scalar(
  (value): string | Mistake => {
    if (typeof value === 'string' && EMAIL.test(value) && !MORE_THAN_EMAIL.test(value)) return value;
    return new Mistake(`${describeValue(value)} is not an address of mail`, 'Write one, e.g. email: ops@example.com.');
  },
  { type: 'string', words: 'address of mail' },
);

const acmeKeys = object(
  {
    terms: key(oneOf(['agreed']), {
      description: 'That you agree to the terms of the authority, which its site has. There is no default.',
      example: 'agreed',
    }),
    email: key(email.optional(), {
      description: 'Whom the authority may write to.',
      example: 'ops@example.com',
      byDefault: 'none',
    }),
    challenge: key(oneOf(['auto', 'tls-alpn-01', 'http-01']).prefault('auto'), {
      description:
        'How the authority sees that a name leads here. `tls-alpn-01`: it comes to port 443 and asks for `acme-tls/1`. `http-01`: it comes to port 80 and asks for a path. `auto`: the first where the listener is at port 443, else the second.',
      example: 'http-01',
    }),
    directory: key(directory.prefault('letsencrypt'), {
      description: 'The authority: `letsencrypt`, its test authority `letsencrypt-staging`, or the URL of another one.',
      example: 'letsencrypt-staging',
    }),
    ca: key(filePath('/etc/fairlead/internal-ca.pem').optional(), {
      description: "File with the certificates that the directory's own is of, where the system does not know them.",
      example: '/etc/fairlead/internal-ca.pem',
      byDefault: "the system's",
    }),
  },
  'Acme',
).transform(({ terms: _, email: address = '', ca = '', ...rest }): AcmeSpec => ({ ...rest, email: address, ca }));

/** Null: there is none. */
export const acmeSchema = orOff(acmeKeys, null);

// ——— where it is kept

/** `''`: nowhere. */
export const stateDirSchema = filePath('/var/lib/fairlead')
  .optional()
  .transform((path) => path ?? folderOfSystemd());

/** Of several, the first (systemd.exec). */
function folderOfSystemd(): string {
  return (process.env['STATE_DIRECTORY'] ?? '').split(':')[0];
}
