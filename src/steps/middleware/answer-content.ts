/** What `onRequest` returns, as an answer of ours. */
import { ANSWERED_BY_MIDDLEWARE } from '../../core/errors.ts';
import { respond } from '../../core/middleware/answer.ts';
import type { MiddlewareAnswer } from '../../core/middleware/answer.ts';
import { isUntouchableInResponses } from '../../core/http/untouchable.ts';
import type { AnswerContent } from '../../http/steps/step.ts';

/** An answer of the platform's is read whole: larger ones come from a pool. */
const LARGEST_BODY = 2 ** 20;

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function contentOf({ status, headers, body }: MiddlewareAnswer): AnswerContent {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return { status, reason: REASONS[status] ?? '', lines, body, remark: ANSWERED_BY_MIDDLEWARE };
}

/** Without loading what the platform makes answers of, which it does when one is asked for by its name. */
export function isPlatformResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]';
}

/** Rejects where it is too large, or cannot be sent. */
export async function readResponse(response: Response): Promise<MiddlewareAnswer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += (piece as Uint8Array).byteLength;
    if (bytes > LARGEST_BODY)
      throw new RangeError(
        `the answer of the middleware is larger than ${LARGEST_BODY} bytes: let it come from a pool`,
      );
    pieces.push(piece as Uint8Array);
  }
  // One that was fetched has been decoded, and its headers say how it came.
  const isFetched = response.url !== '';
  const headers: Record<string, string[]> = {};
  for (const [name, value] of response.headers) {
    if (isUntouchableInResponses(name) || (isFetched && name === 'content-encoding')) continue;
    (headers[name] ??= []).push(value);
  }
  return respond(response.status, Buffer.concat(pieces), headers);
}
