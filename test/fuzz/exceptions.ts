/**
 * What we accept although Node's parser refuses it, each with its reason. Everything else that Node refuses in
 * strict mode we refuse as well.
 */
import { METHODS } from 'node:http';
import type { ReadMessage, Reading, ResponseReading } from './reading.ts';

export interface Exception {
  readonly reason: string;
  /** `extra` is the first message that only we have accepted, undefined where only the ends differ. */
  readonly applies: (ours: Reading, node: Reading, extra: ReadMessage | undefined) => boolean;
}

const KNOWN_METHODS = new Set(METHODS);

/** Whether Node's parser knows the method of a request. */
export function isKnownMethod(message: ReadMessage): boolean {
  return KNOWN_METHODS.has(message.start.split(' ')[0]);
}

export const REQUEST_EXCEPTIONS: readonly Exception[] = [
  {
    reason: "Node's parser has a list of methods; RFC 9110 9.1 lets anybody define one, and the endpoint decides.",
    applies: (_ours, node, extra) => node.why === 'HPE_INVALID_METHOD' && extra !== undefined && !isKnownMethod(extra),
  },
  {
    reason:
      'Bytes after a message that closes the connection are ignored, as RFC 9112 9.6 asks; Node reads on to report them.',
    applies: (ours, _node, extra) => extra === undefined && ours.end === 'closed',
  },
];

/** Refusals of Node's that are about how long a body is. */
const ABOUT_FRAMING = /CONTENT_LENGTH|TRANSFER_ENCODING/;

/**
 * The same for answers. Where status or method say that no body follows, RFC 9112 6.3 lets no header line say
 * otherwise, and none of them passes; Node refuses such lines all the same. And Connection says nothing in an interim
 * answer, whose final one is yet to come, while Node takes nothing behind a 100 that says close.
 */
export function isResponseException(ours: ResponseReading, node: ResponseReading, method: string): boolean {
  if (node.why === 'HPE_CLOSED_CONNECTION') return ours.informational.length > 0;
  const isBodiless = ({ start }: ReadMessage): boolean => method === 'HEAD' || /^(?:1..|204|304) /.test(start);
  const messages = ours.message === null ? ours.informational : [...ours.informational, ours.message];
  return ABOUT_FRAMING.test(node.why) && messages.some(isBodiless);
}
