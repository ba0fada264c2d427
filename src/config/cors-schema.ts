/** `cors` of a route: which origins may read its answers. */
import { normalOrigin } from '../core/http/cors.ts';
import type { CorsSpec } from '../core/snapshot.ts';
import { isHostName } from './addresses.ts';
import { key } from './described.ts';
import { Mistake } from './errors.ts';
import { TOKEN, durationOrOff, listOf, object, oneOf, orOff, scalar, toggle, withRule } from './scalars.ts';
import { describeValue } from './units.ts';

const CURE = "Write scheme and host, e.g. https://app.example, 'https://*.app.example', or any.";
const ANY = 'any';
const HOST = /^[a-z][a-z0-9+.-]*:\/\/(\[[^\]]*\]|[^:]*)/;

/** `null` is a word that browsers send; YAML reads it as nothing at all. */
const origin = scalar(
  (value): string | Mistake => {
    if (value === null || value === 'null') return 'null';
    if (value === ANY) return ANY;
    if (value === '*') return new Mistake('"*" is written in words', 'Write any.');
    if (typeof value !== 'string') return new Mistake(`${describeValue(value)} is not an origin`, CURE);
    const bare = value.endsWith('/') ? value.slice(0, -1) : value;
    const normal = normalOrigin(bare);
    if (normal === null) {
      const isHost = /^[\w*.-]+(?::\d+)?$/.test(value);
      return new Mistake(`${describeValue(value)} is not an origin`, isHost ? `Write https://${value}.` : CURE);
    }
    if (!/^[!-~]+$/.test(normal))
      return new Mistake(`${describeValue(value)} is not in ASCII`, 'Write the name in its xn-- form.');
    if (bare !== value) return new Mistake('an origin ends with its host or port', `Write ${bare}.`);
    return checkHost(normal) ?? normal;
  },
  { anyOf: [{ type: 'string' }, { type: 'null' }], words: 'origin' },
);

/** `*` stands for whole labels in front, and a name is left behind it. */
function checkHost(normal: string): Mistake | null {
  const [, host = ''] = HOST.exec(normal) ?? [];
  if (!host.includes('*')) return null;
  return host.startsWith('*.') && isHostName(host.slice(2)) && host.includes('.', 2)
    ? null
    : new Mistake('* stands for whole labels in front of a name', "Write e.g. 'https://*.app.example'.");
}

function token(noun: string, cure: string, isAllowed: (value: string) => boolean) {
  return scalar(
    (value): string | Mistake =>
      typeof value === 'string' && TOKEN.test(value) && isAllowed(value)
        ? value
        : new Mistake(`${describeValue(value)} is not ${noun}`, cure),
    { type: 'string', words: noun },
  );
}

/** `*` is a token, and in these lists it would be a wildcard. */
const method = token('a method', 'Name each, e.g. methods: [GET, PUT].', (value) => value !== '*' && value !== ANY);
const headerName = token(
  'the name of a header',
  'Name each, e.g. headers: [Content-Type], or write any.',
  (value) => value !== '*',
);
const exposedName = token(
  'the name of a header',
  'Name each, e.g. expose: [ETag].',
  (value) => value !== '*' && value !== ANY,
);

const corsMap = object(
  {
    origins: key(listOf(origin, 'list of origins, or `any`'), {
      description:
        "Which pages may read the answers, by scheme, host and port. `*` stands for whole labels: `https://*.app.example`. `any`: all, which excludes `credentials`. `'null'`: pages without an origin, such as files.",
      example: ['https://app.example'],
    }),
    credentials: key(toggle.prefault('off'), {
      description: 'Whether they may send cookies and client certificates.',
      example: 'on',
    }),
    methods: key(listOf(method, 'list of methods').prefault(['GET', 'HEAD', 'POST']), {
      description: 'Methods that pages may use. GET, HEAD and POST are never kept out by browsers.',
      example: ['GET', 'PUT'],
    }),
    headers: key(listOf(headerName, 'list of names, or `any`').prefault([]), {
      description:
        'Headers that pages may send, besides those that every form may. `any`: all but Authorization, which has to be named.',
      example: ['Content-Type', 'Authorization'],
    }),
    expose: key(listOf(exposedName, 'list of names').prefault([]), {
      description: 'Headers of answers that pages may read, besides those that all may.',
      example: ['ETag'],
    }),
    maxAge: key(durationOrOff.prefault('10m'), {
      description: 'How long browsers remember what a preflight was told; most have a bound of their own.',
      example: '2h',
    }),
    refuse: key(toggle.prefault('off'), {
      description:
        'Whether requests of other origins get 403 `origin-denied`. Without it the server does what they ask for, and the page may not read the answer.',
      example: 'on',
    }),
    upgrades: key(oneOf(['check', 'pass']).prefault('check'), {
      description:
        'What becomes of WebSockets of other origins, which browsers do not keep apart: `check`: 403 `origin-denied`; `pass`: nothing.',
      example: 'pass',
    }),
  },
  'Cors',
);

/** Answers that anybody may read with the cookies of whoever is logged in would be everybody's. */
const checked = withRule(corsMap, {
  isKept: ({ origins, credentials }) => !(Array.isArray(origins) && origins.includes(ANY)) || !credentials,
  message: 'any page could read what a logged-in user may see',
  cure: 'Name the origins, or take credentials out.',
  path: ['origins'],
});

export const corsSchema = orOff(
  checked.transform((written): CorsSpec => ({
    origins: written.origins.includes(ANY) ? ANY : written.origins,
    credentials: written.credentials,
    methods: written.methods,
    anyHeader: written.headers.includes(ANY),
    headers: written.headers.filter((name) => name !== ANY),
    expose: written.expose,
    maxAgeSeconds: Math.floor(written.maxAge / 1000),
    refuse: written.refuse,
    upgrades: written.upgrades,
  })),
  undefined,
);
