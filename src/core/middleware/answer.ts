/** Answers that a middleware gives in the place of an endpoint. */
import { checkHeaderName, checkHeaderValue } from './header-rules.ts';

/** Statuses of answers without a body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Made by {@link respond}. */
export class MiddlewareAnswer {
  readonly status: number;
  /** In order, names as they were given. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;

  /** @internal */
  constructor(status: number, headers: readonly (readonly [string, string])[], body: Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/**
 * An answer for `onRequest` to return. Text is sent as UTF-8 and, unless `headers` say otherwise, as `text/plain`; length,
 * date and connection are Fairlead's to write. Throws for a status that is not from 200 to 599, for a body that the status
 * cannot have, and for headers that cannot be sent.
 *
 * @example
 * if (request.header('x-tenant') === null) return respond(403, 'no tenant');
 */
export function respond(
  status: number,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): MiddlewareAnswer {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new RangeError(`${String(status)} is not the status of an answer: write one from 200 to 599`);
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length > 0 && BODILESS.has(status)) throw new TypeError(`an answer of status ${status} has no body`);
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): readonly [string, string] => [name, checkHeaderValue(name, value)]),
  );
  const names = lines.map(([name]) => checkHeaderName(name, 'response'));
  const isText = typeof body === 'string' && bytes.length > 0 && !names.includes('content-type');
  return new MiddlewareAnswer(status, isText ? [...lines, ['Content-Type', PLAIN_TEXT]] : lines, bytes);
}
