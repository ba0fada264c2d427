/** What an error of ours says to its client, in whatever protocol: small, JSON where that is asked for, no version of ours. */
import type { Fault } from '../core/errors.ts';
import { reasonPhrase } from '../core/http/reason-phrases.ts';

/** Seconds after which a client may try again a 503 of ours. */
const RETRY_AFTER_SECONDS = 1;

export function faultReason({ status }: Fault): string {
  return reasonPhrase(status) || 'Error';
}

export function faultBody(fault: Fault, requestId: string, wantsJson: boolean): string {
  const { status, code, text } = fault;
  return wantsJson
    ? `${JSON.stringify({ status, error: code, message: text, requestId })}\n`
    : `${status} ${faultReason(fault)}\n${text}\n${code}${requestId === '' ? '' : ` ${requestId}`}\n`;
}

/** All header lines but those of the connection, its framing, and Date. */
export function faultLines({ status, code }: Fault, requestId: string, wantsJson: boolean): string {
  let lines = `Content-Type: ${wantsJson ? 'application/json' : 'text/plain; charset=utf-8'}\r\nCache-Control: no-store\r\nFairlead-Error: ${code}\r\n`;
  if (requestId !== '') lines += `X-Request-Id: ${requestId}\r\n`;
  if (status === 405) lines += 'Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n';
  if (status === 503) lines += `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
  return lines;
}
