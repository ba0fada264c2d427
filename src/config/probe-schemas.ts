/** What a check tries: to connect, or to get an HTTP answer. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { isHostName } from './addresses.ts';
import { key, note, notesOf } from './described.ts';
import { Mistake } from './errors.ts';
import { filePath } from './file-path.ts';
import { FIELD_VALUE, TOKEN, count, cureNoMap, listOf, object, oneOf, scalar, shortForm, toggle } from './scalars.ts';
import { describeValue } from './units.ts';

type StatusRange = readonly [number, number];

/** `200`, `200-299` or `2xx`. */
function parseStatusRange(value: unknown): StatusRange | Mistake {
  const text = String(value);
  const group = /^([1-5])xx$/i.exec(text);
  if (group !== null) return [Number(group[1]) * 100, Number(group[1]) * 100 + 99];
  const range = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text);
  const [low, high] = range === null ? [1, 0] : [Number(range[1]), Number(range[2] ?? range[1])];
  if (low <= high) return [low, high];
  return new Mistake(
    `${describeValue(value)} is not a status`,
    'Write a status or a range of them, e.g. 200, 200-299 or 2xx.',
  );
}

const statusRange = scalar(parseStatusRange, {
  anyOf: [
    { type: 'string', pattern: '^(?:[1-5][xX][xX]|[1-5]\\d\\d(?:-[1-5]\\d\\d)?)$' },
    { type: 'integer', minimum: 100, maximum: 599 },
  ],
});

const hostSchema = scalar(
  (value) => {
    if (typeof value === 'string' && (isHostName(value.toLowerCase()) || isIP(value) !== 0)) return value;
    return new Mistake(`${describeValue(value)} is not a host`, 'Write a name such as api.example.com.');
  },
  { type: 'string', words: 'host' },
);

/** The target of a check: a path, and a query if there is one. */
const TARGET_PATTERN = '^/[!-"$-~]*$';
const TARGET = new RegExp(TARGET_PATTERN);
const targetSchema = scalar(
  (value) => {
    if (typeof value === 'string' && TARGET.test(value)) return value;
    return new Mistake(
      `${describeValue(value)} is not a path`,
      'Write a path that begins with a slash, e.g. /healthcheck.',
    );
  },
  { type: 'string', pattern: TARGET_PATTERN, words: 'path and query' },
);

const OWN_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

const headerLines = note(z.record(z.string(), z.unknown(), { error: ({ input }) => cureNoMap(input, 'headers') }), {
  additionalProperties: { type: 'string' },
  words: 'map of text',
});
const headersSchema = headerLines.transform((written, context) => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(written)) {
    const mistake = checkHeader(name, value);
    if (mistake === null) headers[name.toLowerCase()] = String(value);
    else
      context.issues.push({
        code: 'custom',
        message: mistake.message,
        params: { cure: mistake.cure },
        input: value,
        path: [name],
      });
  }
  return headers;
});

function checkHeader(name: string, value: unknown): Mistake | null {
  if (OWN_HEADERS.has(name.toLowerCase()))
    return new Mistake('a check sets this header itself', 'Take it out; "host" has a key of its own.');
  if (!TOKEN.test(name))
    return new Mistake(`${describeValue(name)} is not the name of a header`, 'Write a name such as x-probe.');
  if (typeof value === 'string' && FIELD_VALUE.test(value)) return null;
  return new Mistake(`${describeValue(value)} can stand in no header`, 'Write text in visible ASCII characters.');
}

const port = count(1, 65535);

const httpKeys = {
  path: key(targetSchema.prefault('/'), {
    description: 'What the check asks for, with a query if there is one.',
    example: '/healthcheck',
  }),
  method: key(oneOf(['GET', 'HEAD', 'OPTIONS']).prefault('GET'), {
    description: 'The method of the check.',
    example: 'HEAD',
  }),
  headers: key(headersSchema.prefault({}), {
    description: 'Headers of the check. `User-Agent` is `fairlead-check` unless it is set here.',
    example: { 'x-probe': 'fairlead' },
  }),
  // Redirects are not followed, so they pass.
  status: key(listOf(statusRange, 'status, range, group, or list').prefault(['200-399']), {
    description: 'Answers that pass: a status, a range such as `200-299`, a group such as `2xx`.',
    example: [200, 204],
  }),
  body: key(z.string().default(''), {
    description: 'Text that must occur in the first 64 KiB of the body. Not with `HEAD`.',
    example: 'ok',
    byDefault: 'any body',
    words: 'text',
  }),
  port: key(port.default(0), {
    description: 'Port to ask, at the address of the endpoint.',
    example: 9000,
    byDefault: "the endpoint's",
  }),
  host: key(hostSchema.default(''), {
    description: 'Host header of the check.',
    example: 'health.example.com',
    byDefault: "the endpoint's",
  }),
};

type HttpKey = keyof typeof httpKeys;

const FORMS_OF_HTTP = { type: ['string', 'null'], pattern: TARGET_PATTERN };

export const httpSchema = shortForm(object(httpKeys, 'HttpCheck'), toLongHttp, FORMS_OF_HTTP);

/** Those of http mean here what they mean there. */
function asInHttp(): typeof httpKeys {
  const keys = Object.entries(httpKeys).map(([name, schema]) => {
    const { description = '', example, ...others } = notesOf(schema);
    return [name, key(schema, { ...others, description, example, sameAs: `pools.*.check.http.${name}` })];
  });
  return Object.fromEntries(keys) as Pick<typeof httpKeys, HttpKey>;
}

export const httpsSchema = shortForm(
  object(
    {
      ...asInHttp(),
      ca: key(filePath('/etc/ssl/internal-ca.pem').default(''), {
        description: 'File with the certificates, in PEM, that are trusted instead of those of the system.',
        example: '/etc/ssl/internal-ca.pem',
        byDefault: "the system's",
      }),
      verify: key(toggle.prefault('on'), {
        description: 'Whether the certificate and the name in it are looked at. `off` trusts whoever answers.',
        example: 'off',
      }),
    },
    'HttpsCheck',
  ),
  toLongHttp,
  FORMS_OF_HTTP,
);

/** `/ready` is the check of that path; nothing is `{}`. */
export function toLongHttp(value: unknown): unknown {
  return typeof value === 'string' ? { path: value } : (value ?? {});
}

export const tcpSchema = shortForm(
  object(
    {
      port: key(port.default(0), {
        description: 'Port to connect to, at the address of the endpoint.',
        example: 9000,
        byDefault: "the endpoint's",
      }),
      send: key(z.string().default(''), {
        description: 'What is written once the connection is open.',
        example: 'PING\r\n',
        byDefault: 'nothing',
        words: 'text',
      }),
      expect: key(z.string().default(''), {
        description: 'Text that must occur in the first 64 KiB of what comes.',
        example: '+PONG',
        byDefault: 'nothing is waited for',
        words: 'text',
      }),
    },
    'TcpCheck',
  ),
  (value) => value ?? {},
  { type: 'null' },
);

/** Names in protobuf: `package.Service`. */
const SERVICE_PATTERN = '^[A-Za-z_][\\w.]*$';
const SERVICE = new RegExp(SERVICE_PATTERN);
const serviceName = scalar(
  (value) =>
    typeof value === 'string' && SERVICE.test(value)
      ? value
      : new Mistake(`${describeValue(value)} is not a service`, 'Write its full name, e.g. shop.Orders.'),
  { type: 'string', pattern: SERVICE_PATTERN, words: 'service' },
);

export const grpcSchema = shortForm(
  object(
    {
      service: key(serviceName.default(''), {
        description: 'The service that is asked for.',
        example: 'shop.Orders',
        byDefault: 'the server as a whole',
      }),
      port: key(port.default(0), {
        description: 'Port to ask, at the address of the endpoint.',
        example: 9000,
        byDefault: "the endpoint's",
      }),
      host: key(hostSchema.default(''), {
        description: 'What the check sends as `:authority`.',
        example: 'health.example.com',
        byDefault: "the endpoint's",
      }),
    },
    'GrpcCheck',
  ),
  (value) => (typeof value === 'string' ? { service: value } : (value ?? {})),
  { type: ['string', 'null'], pattern: SERVICE_PATTERN },
);
