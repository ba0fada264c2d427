/** Our own answers as HTTP/1 text: small, JSON where the client asks for it, without a server's version. */
import type { Fault } from '../core/errors.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** Seconds after which a client may try again a 503 of ours. */
const RETRY_AFTER_SECONDS = 1;

export interface FaultResponseOptions {
  readonly requestId: string;
  readonly wantsJson: boolean;
  readonly isHead: boolean;
  readonly connection: '' | 'close' | 'keep-alive';
  readonly date: string;
}

export function faultResponse(fault: Fault, options: FaultResponseOptions): string {
  const { requestId, wantsJson, isHead, connection, date } = options;
  const reason = REASONS[fault.status] ?? 'Error';
  const body = wantsJson
    ? `${JSON.stringify({ status: fault.status, error: fault.code, message: fault.text, requestId })}\n`
    : `${fault.status} ${reason}\n${fault.text}\n${fault.code}${requestId === '' ? '' : ` ${requestId}`}\n`;
  let text = `HTTP/1.1 ${fault.status} ${reason}\r\nDate: ${date}\r\nContent-Type: ${wantsJson ? 'application/json' : 'text/plain; charset=utf-8'}\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\nFairlead-Error: ${fault.code}\r\n`;
  if (requestId !== '') text += `X-Request-Id: ${requestId}\r\n`;
  if (fault.status === 405) text += 'Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n';
  if (fault.status === 503) text += `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
  if (connection !== '') text += `Connection: ${connection}\r\n`;
  return isHead ? `${text}\r\n` : `${text}\r\n${body}`;
}
