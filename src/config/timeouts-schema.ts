/** Timeouts: of the whole config, and those that a pool or a route may set for itself. */
import type { z } from 'zod';
import type { Timeouts } from '../core/snapshot.ts';
import { type KeyNotes, key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { duration, durationOrOff, object, scalar } from './scalars.ts';

const NOTES = {
  connect: {
    description:
      'While a connection to an endpoint is made, each attempt anew. Then another endpoint, else 504 `connect-timeout`.',
    example: '500ms',
  },
  requestHead: {
    description:
      'From the first byte of a request head that did not come whole, to its end. Then 408 `request-timeout`.',
    example: '5s',
  },
  requestBodyIdle: {
    description:
      'Between two reads of a request body, while we are reading it. Then 408 `request-timeout`; cut, where the answer has begun.',
    example: '10s',
  },
  responseHead: {
    description:
      'From the last byte of the request to the head of the answer, all attempts together. Then 504 `response-timeout`.',
    example: '5m',
  },
  responseIdle: {
    description: 'Between two reads of an answer, while we are reading it. Then both sides are cut.',
    example: '2m',
  },
  tunnelIdle: {
    description:
      'In place of `responseIdle` for tunnels, `text/event-stream` and `application/grpc`. Then both sides are cut.',
    example: '10m',
  },
  tcpIdle: {
    description:
      'On a session of layer 4 without a byte in either direction. Then both sides are cut. `listeners.*.tcp.idle` sets it for a listener.',
    example: '10m',
  },
  writeIdle: {
    description:
      'While a side takes none of the bytes waiting for it. Then a client is reset; an endpoint: 504 `upstream-write-timeout`.',
    example: '30s',
  },
  keepAlive: {
    description: 'On a client connection without a request, before its first byte too. Then it is closed.',
    example: '2m',
  },
  tlsHandshake: {
    description:
      'From a new connection (or the end of its PROXY header) to the end of the TLS handshake. Then it is closed.',
    example: '5s',
  },
  drain: {
    description: 'From SIGTERM or SIGINT to the end, in all. Then what is left is cut.',
    example: '10s',
  },
  perTry: {
    description: 'One attempt, to the head of its answer. Then 504 `response-timeout`; while connecting, as `connect`.',
    example: '2s',
  },
  total: {
    description:
      "A whole exchange, retries and the answer's body included; not tunnels. Then 504 `response-timeout`; cut, where the answer has begun.",
    example: '30s',
  },
} satisfies Record<string, KeyNotes>;

type TimeoutName = keyof typeof NOTES;

/** Cloud balancers in front keep idle connections for 60 s, hence 75; Kubernetes kills 30 s after SIGTERM, hence 25. */
export const timeoutsSchema = object(
  {
    connect: key(duration.prefault('2s'), NOTES.connect),
    requestHead: key(duration.prefault('10s'), NOTES.requestHead),
    requestBodyIdle: key(duration.prefault('30s'), NOTES.requestBodyIdle),
    responseHead: key(duration.prefault('30s'), NOTES.responseHead),
    responseIdle: key(duration.prefault('60s'), NOTES.responseIdle),
    tunnelIdle: key(duration.prefault('1h'), NOTES.tunnelIdle),
    tcpIdle: key(duration.prefault('1h'), NOTES.tcpIdle),
    writeIdle: key(duration.prefault('60s'), NOTES.writeIdle),
    keepAlive: key(duration.prefault('75s'), NOTES.keepAlive),
    tlsHandshake: key(duration.prefault('10s'), NOTES.tlsHandshake),
    drain: key(duration.prefault('25s'), NOTES.drain),
    perTry: key(durationOrOff.prefault('off'), NOTES.perTry),
    total: key(durationOrOff.prefault('off'), NOTES.total),
  },
  'Timeouts',
).transform((written): Timeouts => toTimeouts(written) as Timeouts);

const notHere = refused('this timeout runs before a route is known', 'Set it in the timeouts of the whole config.');
const ofListeners = refused(
  'this timeout belongs to sessions of a listener',
  'Write listeners: { db: { address: ":5432", tcp: { pool: postgres, idle: 10m } } }.',
);

function refused(message: string, cure: string) {
  return note(scalar((): number | Mistake => new Mistake(message, cure), {}).optional(), { hidden: true });
}

/** Those of one exchange; what is not written stays as the whole config has it. */
export const exchangeTimeoutsSchema = object(
  {
    connect: own('connect', duration),
    requestBodyIdle: own('requestBodyIdle', duration),
    responseHead: own('responseHead', duration),
    responseIdle: own('responseIdle', duration),
    tunnelIdle: own('tunnelIdle', duration),
    tcpIdle: ofListeners,
    writeIdle: own('writeIdle', duration),
    perTry: own('perTry', durationOrOff),
    total: own('total', durationOrOff),
    requestHead: notHere,
    keepAlive: notHere,
    tlsHandshake: notHere,
    drain: notHere,
  },
  'ExchangeTimeouts',
).transform(toTimeouts);

function own<T extends z.ZodType>(name: TimeoutName, schema: T) {
  return key(schema.optional(), { ...NOTES[name], byDefault: 'the one above it', sameAs: `timeouts.${name}` });
}

/** `connect` → `connectMs`; what was not written stays out. */
function toTimeouts(written: Readonly<Record<string, number | undefined>>): Partial<Timeouts> {
  const entries = Object.entries(written).filter(([, ms]) => ms !== undefined);
  return Object.fromEntries(entries.map(([name, ms]) => [`${name}Ms`, ms]));
}
