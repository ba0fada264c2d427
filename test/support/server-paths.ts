/** How servers read the path of a target, for tests of what guards; written apart from what it is compared with. */
import fc from 'fast-check';

export interface PathReading {
  readonly mergesSlashes: boolean;
  readonly readsBackslash: boolean;
  readonly dropsParameters: boolean;
  /** Before anything is decoded, as Tomcat does: `/admin;%2F..` is `/admin` there. */
  readonly dropsThemFirst: boolean;
  /** `%2F` and `%5C` stay as they are, as in Undertow, and in Apache that is told so. */
  readonly keepsEscapedSlashes: boolean;
  /** `//x/y` is `/y` at a host x, as for `new URL(target, base)`. */
  readonly readsAuthority: boolean;
}

/** nginx as it comes. */
export const NGINX: PathReading = {
  mergesSlashes: true,
  readsBackslash: false,
  dropsParameters: false,
  dropsThemFirst: false,
  keepsEscapedSlashes: false,
  readsAuthority: false,
};

/** Servers in Node that parse the target of a request as a URL. */
const WHATWG: PathReading = {
  ...NGINX,
  mergesSlashes: false,
  readsBackslash: true,
  keepsEscapedSlashes: true,
  readsAuthority: true,
};

const SIGNS = ['mergesSlashes', 'readsBackslash', 'dropsParameters', 'dropsThemFirst', 'keepsEscapedSlashes'] as const;

/** All of them, with one bit for each sign, and the one of URLs. */
export const READINGS: readonly PathReading[] = [
  ...Array.from({ length: 2 ** SIGNS.length }, (_, bits) => ({
    ...NGINX,
    ...Object.fromEntries(SIGNS.map((sign, bit) => [sign, (bits & (1 << bit)) !== 0])),
  })),
  WHATWG,
];

const PIECES = [
  ...[
    '/',
    '//',
    '%2F',
    '%2f',
    '\\',
    '%5C',
    '%5c',
    '.',
    '..',
    '%2E',
    '%2e%2E',
    ';',
    '%3B',
    ';x=1',
    '%25',
    '%252F',
    '%20',
  ],
  ...['%C3%BC', '%3F', '%23', '%2C', ',', 'admin', '%61dmin', 'ADMIN', 'x', '*', '%7F', '%0A', '/admin/', '/../'],
  ...['secret', '/.git/', 'private'],
];

/** A path as a stranger may write it, with or without a normal form. */
export const hostilePath: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 10 })
  .map((pieces) => `/${pieces.join('')}`);

/** Decodes once, then goes through the segments. */
export function readPath(target: string, reading: PathReading): string {
  const raw = reading.readsAuthority ? target.replace(/^[/\\]{2,}[^/\\]*/, '') || '/' : target;
  const escapes = reading.keepsEscapedSlashes ? /%(?!2F|5C)([0-9A-F]{2})/gi : /%([0-9A-F]{2})/gi;
  let decoded = Buffer.from(
    (reading.dropsThemFirst ? raw.replace(/;[^/]*/g, '') : raw).replace(escapes, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  ).toString();
  if (reading.readsBackslash) decoded = decoded.split('\\').join('/');
  let segments = decoded.slice(1).split('/');
  if (reading.dropsParameters) segments = segments.map((segment) => segment.split(';')[0]);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '' && reading.mergesSlashes && !isLast) continue;
    if (segment === '..') kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (isLast) kept.push('');
  }
  return `/${kept.join('/')}`;
}
