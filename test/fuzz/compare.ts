/**
 * When two parsers disagree. Node's parser in strict mode is the floor: what it refuses we refuse, but for the
 * exceptions; what both accept means the same and ends at the same place. We may refuse more.
 */
import { REQUEST_EXCEPTIONS, isResponseException, isKnownMethod } from './exceptions.ts';
import type { ReadMessage, Reading, ResponseReading } from './reading.ts';
import { sameMessage } from './reference.ts';

/** What is wrong, or null. */
export function disagreement(ours: Reading, node: Reading, isValid: boolean): string | null {
  const shared = Math.min(ours.messages.length, node.messages.length);
  for (let index = 0; index < shared; index++) {
    if (!sameMessage(ours.messages[index], node.messages[index])) return `message ${index} means something else`;
  }
  // From an upgrade on, what follows depends on an answer that nobody gives here.
  if (ours.end === 'upgraded' || node.end === 'upgraded') return null;
  const extra: ReadMessage | undefined = ours.messages[node.messages.length];
  const isAccepted = ours.end === 'complete' || ours.end === 'closed';
  const isRefused = ours.messages.length === shared && node.messages.length === shared && node.end !== 'complete';
  if (extra !== undefined || (isAccepted && isRefused)) {
    const isKnown = REQUEST_EXCEPTIONS.some((exception) => exception.applies(ours, node, extra));
    if (!isKnown) return `Node refuses what follows message ${shared} (${node.end} ${node.why}), we accept it`;
  }
  if (isValid && ours.end !== 'complete' && ours.end !== 'closed') return `a valid message is refused (${ours.why})`;
  if (isValid && node.end !== 'complete' && node.end !== 'closed') return `Node refuses a valid message (${node.why})`;
  return null;
}

/** `before` says whether Node's message had ended one byte before ours did: the ends must agree to the byte. */
export function responseDisagreement(
  ours: ResponseReading,
  node: ResponseReading,
  method: string,
  before: boolean,
  isValid: boolean,
): string | null {
  if (isValid && ours.message === null) return `a valid message is refused (${ours.why})`;
  if (isValid && node.message === null) return `Node refuses a valid message (${node.why})`;
  if (ours.message === null) return null;
  if (node.message === null && isResponseException(ours, node, method)) return null;
  if (node.message === null) return `Node refuses it (${node.end} ${node.why}), we accept it`;
  if (!sameMessage(ours.message, node.message)) return 'it means something else';
  if (JSON.stringify(ours.informational) !== JSON.stringify(node.informational)) return 'interim responses differ';
  return before ? "Node's message ends before ours" : null;
}

/**
 * What has left for the endpoint, read again by Node: the same requests, but for Host where there was none, up
 * to a method that Node does not know.
 */
export function forwardedDisagreement(ours: Reading, again: Reading): string | null {
  for (const [index, sent] of ours.messages.entries()) {
    if (!isKnownMethod(sent)) return null;
    const read = again.messages[index];
    if (read === undefined) return `forwarded message ${index} is refused (${again.end} ${again.why})`;
    const isSame = JSON.stringify(essence(read)) === JSON.stringify(essence(sent));
    if (!isSame) return `forwarded message ${index} means something else: ${JSON.stringify(read)}`;
  }
  return again.messages.length === ours.messages.length ? null : 'more was forwarded than was read';
}

function essence({ start, passing, length, body, trailers }: ReadMessage): unknown {
  return [start.replace(/1\.[01]$/, ''), passing, length, body, trailers];
}
