/** Clients that stay with their endpoint, by a cookie. */
import type { StickySpec } from '../core/snapshot.ts';
import { type SchemaNode, key } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import { TOKEN, object, oneOf, orOff, scalar, shortForm, toggle, withRule } from './scalars.ts';
import { DURATION_PATTERN, describeValue, parseDurationUpTo } from './units.ts';

const SECOND_MS = 1000;
/** Browsers keep no cookie for longer. */
const LONGEST_MS = 400 * 24 * 3600 * SECOND_MS;

const cookieName = scalar(
  (value) => {
    if (typeof value === 'string' && TOKEN.test(value)) return value;
    // As Traefik has it: cookie: { name: lb, secure: true }.
    const isMap = typeof value === 'object' && value !== null;
    const cure = isMap
      ? 'Write its name here, and the rest beside it, e.g. sticky: { cookie: lb, secure: on }.'
      : 'Use letters, digits, - and _.';
    return new Mistake(`${describeValue(value)} is not the name of a cookie`, cure);
  },
  { type: 'string', pattern: TOKEN.source, words: 'name' },
);

const ttl = scalar(
  (value) => {
    if (value === 'session') return 0;
    const ms = parseDurationUpTo(LONGEST_MS, value);
    if (typeof ms !== 'number' || ms % SECOND_MS === 0) return ms;
    return new Mistake(`a cookie cannot last ${String(value)}`, 'Write session, or whole seconds, e.g. 12h.');
  },
  {
    anyOf: [{ const: 'session' }, { type: 'string', pattern: DURATION_PATTERN, tsType: 'Duration' }],
    words: '`session` or a duration',
  },
);

/** No `;`, no control character, no blank: neither ends the attribute. */
const cookiePath = scalar(
  (value) =>
    typeof value === 'string' && /^\/[!-:<-~]*$/.test(value)
      ? value
      : new Mistake(`${describeValue(value)} is not a path`, 'Write one that begins with /, e.g. /app.'),
  { type: 'string', pattern: '^/[!-:<-~]*$', words: 'path of a URL' },
);

const cookieDomain = scalar(
  (value) => {
    if (value === 'none') return '';
    if (typeof value === 'string' && /^(?:[a-z0-9-]+\.)+[a-z0-9-]+$/i.test(value)) return value.toLowerCase();
    return new Mistake(
      `${describeValue(value)} is not a domain`,
      'Write one without a dot in front, e.g. example.com.',
    );
  },
  { type: 'string', pattern: '^(?:none|(?:[A-Za-z0-9-]+\\.)+[A-Za-z0-9-]+)$', words: 'domain, or `none`' },
);

const stickyKeys = object(
  {
    cookie: key(cookieName.prefault('fairlead'), {
      description: 'Name of the cookie. Pools with different servers under the same host need different names.',
      example: 'shop-server',
    }),
    secretFile: key(filePath('./sticky.key').optional(), {
      description:
        'File with the secret, at least 16 bytes, that values are made with (`openssl rand -hex 32`). Without one a secret is made at each start, and a restart gives every client an endpoint anew.',
      example: './sticky.key',
      byDefault: 'made at the start',
    }),
    ttl: key(ttl.prefault('session'), {
      description:
        'How long a client keeps the cookie: until the browser is closed, or a time that begins anew as the client comes back.',
      example: '12h',
    }),
    path: key(cookiePath.prefault('/'), {
      description: 'Under which path clients send the cookie.',
      example: '/app',
    }),
    domain: key(cookieDomain.prefault('none'), {
      description: 'Clients send the cookie to all hosts of this domain; `none`: to the host that has set it.',
      example: 'example.com',
    }),
    sameSite: key(oneOf(['lax', 'strict', 'none']).prefault('lax'), {
      description: 'Whether clients send the cookie with requests that other sites cause. `none` makes it `Secure`.',
      example: 'strict',
    }),
    secure: key(oneOf(['auto', 'on', 'off']).prefault('auto'), {
      description:
        'Whether clients send the cookie over https only. `auto`: where it was set over https, which a trusted proxy in front may say.',
      example: 'on',
    }),
    whenFull: key(oneOf(['wait', 'spill']).prefault('wait'), {
      description:
        'What a client does whose endpoint has as many requests in flight as `maxRequests` allows: `wait` for a place there, as in any queue, or `spill`: go to another one this time, and stay bound to its own.',
      example: 'spill',
    }),
    socketIo: key(toggle.prefault('off'), {
      description:
        'Requests of Socket.IO (with `EIO` in the query) that bring no cookie go by the address of their client.',
      example: 'on',
    }),
  },
  'Sticky',
);

const SECURE_NAME = /^__(?:Secure|Host)-/i;
const HOST_NAME = /^__Host-/i;

const named = withRule(stickyKeys, {
  isKept: ({ cookie, secure }) => typeof cookie !== 'string' || !SECURE_NAME.test(cookie) || secure === 'on',
  message: 'clients take a cookie of such a name over https only',
  cure: 'Write secure: on, or another name.',
  path: ['cookie'],
});

const ofHost = withRule(named, {
  isKept: ({ cookie, path, domain }) =>
    typeof cookie !== 'string' || !HOST_NAME.test(cookie) || (path === '/' && domain === ''),
  message: 'clients take a cookie of such a name only with the path / and without a domain',
  cure: 'Take path and domain out, or write another name.',
  path: ['cookie'],
});

const stickyMap = withRule(ofHost, {
  isKept: ({ sameSite, secure }) => sameSite !== 'none' || secure !== 'off',
  message: 'clients take a cookie with sameSite: none over https only',
  cure: 'Write secure: auto.',
  path: ['secure'],
}).transform(({ secretFile = '', ttl: ttlMs, socketIo, ...rest }): StickySpec => {
  return { ...rest, secretFile, ttlMs, isSocketIo: socketIo };
});

const WORDS: SchemaNode = { enum: ['cookie', 'socket.io'], words: '`cookie`, `socket.io`' };

/** Null: off. */
export const stickySchema = shortForm(orOff(stickyMap, null), toLongSticky, WORDS);

export function toLongSticky(value: unknown): unknown {
  if (value === 'cookie') return {};
  return value === 'socket.io' ? { socketIo: true } : value;
}
