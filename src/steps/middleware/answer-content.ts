/** What `onRequest` returns, as an answer of ours. */
import { ANSWERED_BY_MIDDLEWARE } from '../../core/errors.ts';
import { reasonPhrase } from '../../core/http/reason-phrases.ts';
import { respond } from '../../core/middleware/answer.ts';
import type { MiddlewareAnswer } from '../../core/middleware/answer.ts';
import { isUntouchableInResponses } from '../../core/http/untouchable.ts';
import type { AnswerContent } from '../../http/steps/step.ts';

/** An answer of the platform's is read whole: larger ones come from a pool. */
const LARGEST_BODY = 2 ** 20;

export function contentOf({ status, headers, body }: MiddlewareAnswer): AnswerContent {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return { status, reason: reasonPhrase(status), lines, body, remark: ANSWERED_BY_MIDDLEWARE };
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
