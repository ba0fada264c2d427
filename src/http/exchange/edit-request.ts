/**
 * Edits of a request on its way to an endpoint. They are of one exchange: the request that the connection remembers
 * stays as it is, since it is the next one's too. Lines that are only added go out behind the text that is remembered;
 * whatever else changes makes a request of its own.
 */
import { EditedLines } from '../../core/http/edited-lines.ts';
import type { HeaderEdit } from '../../core/http/edited-lines.ts';
import { without } from '../../core/http/header-lines.ts';
import { isUntouchableInRequests } from '../../core/http/untouchable.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { Exchange } from './exchange.ts';

/** What steps may add to one message, bytes. */
export const MOST_ADDED_BYTES = 8192;

/** Origin form, of what may stand in a request line. */
const TARGET = /^\/[!-~\x80-\xff]*$/;

const edited = new EditedLines();

/** False: that is more than may be added, and the request may not go on. */
export function editRequest(exchange: Exchange, edits: readonly HeaderEdit[]): boolean {
  const request = exchange.request as OutgoingRequest;
  edited.begin(request.lines, exchange.stepLines);
  for (const edit of edits) {
    refuseUntouchable(edit.name);
    edited.apply(edit);
  }
  if (edited.base !== request.lines) exchange.request = request.changed(request.target, edited.base);
  exchange.stepLines = edited.added;
  return isInBounds(exchange);
}

function refuseUntouchable(name: string): void {
  if (isUntouchableInRequests(name.toLowerCase())) throw new TypeError(`${name} of a request is not a step's to edit`);
}

/** False likewise. */
export function editTarget(exchange: Exchange, target: string): boolean {
  const request = exchange.request as OutgoingRequest;
  if (!TARGET.test(target)) throw new TypeError('the target that a step sets is not in origin form');
  if (target !== request.target) exchange.request = request.changed(target, request.lines);
  return isInBounds(exchange);
}

/** False likewise. */
export function addLines(exchange: Exchange, lines: string): boolean {
  exchange.stepLines += lines;
  return isInBounds(exchange);
}

/** False likewise. `request` was made of the one there is. */
export function replaceRequest(exchange: Exchange, request: OutgoingRequest): boolean {
  exchange.request = request;
  exchange.stepLines = '';
  return isInBounds(exchange);
}

function isInBounds({ stepLines, request }: Exchange): boolean {
  const { target, lines, head } = request as OutgoingRequest;
  const grown = Math.max(0, target.length - head.target.length) + Math.max(0, lines.length - head.lines.length);
  return stepLines.length + grown <= MOST_ADDED_BYTES;
}

/** The lines that go out with this exchange alone: what steps have added, and what is left of a deadline. */
export function ownLines(exchange: Exchange): string {
  const { stepLines, record, host } = exchange;
  const { deadline } = exchange.request as OutgoingRequest;
  if (deadline === null) return stepLines;
  const left = deadline.lines(Math.max(1, record.arrivedAt + deadline.ms - host.now()));
  return stepLines === '' ? left : without(stepLines, deadline.names) + left;
}
