/** Our own answers as HTTP/1 text. */
import type { Fault } from '../core/errors.ts';
import { faultBody, faultLines, faultReason } from '../http/fault-content.ts';

export interface FaultResponseOptions {
  readonly requestId: string;
  readonly wantsJson: boolean;
  readonly isHead: boolean;
  readonly connection: '' | 'close' | 'keep-alive';
  readonly date: string;
  /** What the steps of a route have made of its lines; null: they go out as they are. */
  readonly lines?: string | null;
}

export function faultResponse(fault: Fault, options: FaultResponseOptions): string {
  const { requestId, wantsJson, isHead, connection, date, lines = null } = options;
  const body = faultBody(fault, requestId, wantsJson);
  let text = `HTTP/1.1 ${fault.status} ${faultReason(fault)}\r\nDate: ${date}\r\n${lines ?? faultLines(fault, requestId, wantsJson)}Content-Length: ${body.length}\r\n`;
  if (connection !== '') text += `Connection: ${connection}\r\n`;
  return isHead ? `${text}\r\n` : `${text}\r\n${body}`;
}
