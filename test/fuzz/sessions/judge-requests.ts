/**
 * Whether what left for the endpoints, and what came back, is right for what a client sent; Node's parser has read
 * both. Each request is answered in its place by what its endpoint said to it, or by an error of ours.
 */
import type { NodeRequestParser } from '../node-parser.ts';
import type { ReadMessage, Reading } from '../reading.ts';
import type { AnsweringEndpoint } from './answering-endpoint.ts';
import { TUNNEL_TEXT } from './answering-endpoint.ts';
import { difference } from './expected-request.ts';
import type { Client, EndpointConnection } from './peers.ts';
import { headerOf, readPlainMessage, statusOf } from './plain-messages.ts';
import type { PlainMessage } from './plain-messages.ts';

export interface RequestRun {
  readonly bytes: Buffer;
  readonly isValid: boolean;
  readonly address: string;
  /** Somebody left, or time passed: what is missing is no mistake. */
  readonly isDisturbed: boolean;
  readonly client: Client;
  readonly endpoint: AnsweringEndpoint;
  /** What Node makes of the client's bytes. */
  readonly node: Reading;
}

export interface Verdict {
  readonly what: string | null;
  /** Requests that reached an endpoint whole and were compared. */
  readonly compared: number;
  /** Requests that Node accepts and we answered with an error of ours. */
  readonly refusedByUs: number;
}

const REPEATABLE = /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE) /;

export class RequestJudge {
  readonly #parser: NodeRequestParser;
  #compared = 0;
  #refusedByUs = 0;

  constructor(parser: NodeRequestParser) {
    this.#parser = parser;
  }

  judge(run: RequestRun): Verdict {
    this.#compared = 0;
    this.#refusedByUs = 0;
    const what = this.#judge(run);
    return { what, compared: this.#compared, refusedByUs: this.#refusedByUs };
  }

  #judge(run: RequestRun): string | null {
    const forwarded = new Map<EndpointConnection, Reading>();
    for (const connection of run.endpoint.connections) {
      const { text, tunnelStart } = connection;
      const http = tunnelStart < 0 ? text : text.slice(0, tunnelStart);
      forwarded.set(connection, this.#parser.read([Buffer.from(http, 'latin1')]));
    }
    return this.#readAnswers(run, forwarded) ?? this.#judgeTunnel(run);
  }

  /** Goes through the answers; each belongs to the next request. */
  #readAnswers(run: RequestRun, forwarded: ReadonlyMap<EndpointConnection, Reading>): string | null {
    const { client, endpoint, node, isDisturbed } = run;
    const { text } = client;
    const places = new Map<EndpointConnection, number>();
    let index = 0;
    let answered = 0;
    let closed = false;
    let isEarly = false;
    for (let at = 0; at < text.length;) {
      const request: ReadMessage | undefined = node.messages[index];
      const answer = readAnswer(text, at, request, endpoint);
      if (answer === null) return isDisturbed ? null : `an answer is not whole: ${JSON.stringify(text.slice(at))}`;
      at = answer.end;
      const status = statusOf(answer.head);
      if (status === 101) return index === node.messages.length - 1 ? null : 'a tunnel is opened in the wrong place';
      if (status < 200) continue;
      if (closed) return 'an answer follows one that closes';
      closed = headerOf(answer.head, 'connection') === 'close';
      if (headerOf(answer.head, 'fairlead-error') !== null) {
        if (request !== undefined) this.#refusedByUs++;
        index++;
        continue;
      }
      const token = Number(headerOf(answer.head, 'x-token'));
      if (token !== answered && !(isDisturbed && token > answered))
        return `answer ${index} is that of request ${token}`;
      answered = token + 1;
      const place = endpoint.answered[token];
      ({ isEarly } = place);
      const position = places.get(place.connection) ?? 0;
      places.set(place.connection, position + 1);
      if (!isDisturbed) {
        const what = this.#judgeForwarded(run, forwarded.get(place.connection) as Reading, position, index, isEarly);
        if (what !== null) return what;
        if (answer.body !== '' && answer.body !== `token ${token}`) return `answer ${index} has another's body`;
      }
      index++;
    }
    if (isDisturbed) return this.#judgeDisturbed(run, forwarded);
    // An early answer may be overtaken by our own, where the rest of its request is malformed.
    const isMissing = endpoint.answered.slice(answered).some((answer) => !answer.isEarly);
    if (isMissing) return `answer ${answered} was given and did not arrive`;
    const isOver = closed || isEarly || node.end === 'upgraded' || index >= node.messages.length;
    if (!isOver) return `request ${index} has no answer`;
    if (run.isValid && index < node.messages.length && !isEarly && !closes(node.messages, index)) {
      return `a valid request is refused: ${text.slice(-200)}`;
    }
    return run.isValid && this.#refusedByUs > 0 ? `a valid request is refused: ${text}` : null;
  }

  #judgeForwarded(run: RequestRun, again: Reading, position: number, index: number, isEarly: boolean): string | null {
    const original: ReadMessage | undefined = run.node.messages[index];
    const sent: ReadMessage | undefined = again.messages[position];
    if (original === undefined) return isExcused(run.node, again, position, index, isEarly);
    if (sent === undefined) {
      return isEarly || again.end === 'upgraded'
        ? null
        : `forwarded request ${index} is not read again (${again.end} ${again.why})`;
    }
    this.#compared++;
    return difference(original, sent, run.address, index);
  }

  /** Whatever arrived whole must be one of the client's requests, in their order. */
  #judgeDisturbed(run: RequestRun, forwarded: ReadonlyMap<EndpointConnection, Reading>): string | null {
    for (const reading of forwarded.values()) {
      let index = 0;
      for (const sent of reading.messages) {
        const { messages } = run.node;
        while (index < messages.length && difference(messages[index], sent, run.address, index) !== null) index++;
        if (index === messages.length && run.node.end !== 'upgraded' && run.node.why !== 'HPE_INVALID_METHOD') {
          return `something else was forwarded: ${JSON.stringify(sent)}`;
        }
        this.#compared++;
      }
    }
    return this.#judgeRepeats(run, forwarded);
  }

  /** Whatever happens, what must not be repeated arrives whole at most as often as it was sent (RFC 9110 9.2.2). */
  #judgeRepeats({ node }: RequestRun, forwarded: ReadonlyMap<EndpointConnection, Reading>): string | null {
    if (node.end === 'upgraded' || node.why === 'HPE_INVALID_METHOD') return null;
    const isOnce = ({ start }: ReadMessage): boolean => !REPEATABLE.test(start);
    const sent = [...forwarded.values()].flatMap(({ messages }) => messages.filter(isOnce));
    return sent.length > node.messages.filter(isOnce).length ? 'a request was sent twice that must not be' : null;
  }

  /** Behind a handshake, bytes pass as they are, both ways. */
  #judgeTunnel(run: RequestRun): string | null {
    const { tunnel } = run.endpoint;
    if (tunnel === undefined || run.isDisturbed) return null;
    const text = run.bytes.latin1Slice();
    const up = tunnel.text.slice(tunnel.tunnelStart);
    if (!text.endsWith(`\r\n\r\n${up}`)) return `the tunnel carried other bytes: ${JSON.stringify(up)}`;
    const before = this.#parser.read([run.bytes.subarray(0, run.bytes.length - up.length)]);
    if (before.messages.length !== run.node.messages.length) return 'the tunnel begins in the wrong place';
    if (!run.client.text.endsWith(`\r\n\r\n${TUNNEL_TEXT}`)) return 'the client did not get what the tunnel brought';
    return null;
  }
}

/** A request that is answered after which nothing more is read. */
function closes(messages: readonly ReadMessage[], index: number): boolean {
  return index > 0 && messages[index - 1].start.endsWith('1.0');
}

/**
 * A request that only we accept: one with a method that Node does not know, in both readings, or what follows it.
 * From an upgrade on, Node reads no more.
 */
function isExcused(node: Reading, again: Reading, position: number, index: number, isEarly: boolean): string | null {
  if (node.end === 'upgraded') return null;
  if (isEarly && again.messages.length <= position) return null;
  const isUnknown = node.why === 'HPE_INVALID_METHOD';
  if (isUnknown && index > node.messages.length) return null;
  if (isUnknown && again.why === node.why && again.messages.length === position) return null;
  return `Node refuses request ${index} (${node.end} ${node.why}), and it was forwarded`;
}

/** An answer's form depends on its request: of what was forwarded the endpoint knows, else Node does. */
function readAnswer(
  text: string,
  at: number,
  request: ReadMessage | undefined,
  endpoint: AnsweringEndpoint,
): PlainMessage | null {
  const bare = readPlainMessage(text, at, true, true);
  if (bare === null || statusOf(bare.head) < 200) return bare;
  const token = headerOf(bare.head, 'x-token');
  if (token !== null) return endpoint.answered[Number(token)].isHead ? bare : readPlainMessage(text, at, false, true);
  // What never became a request is answered with a body, whatever its method.
  const isRouted = headerOf(bare.head, 'x-request-id') !== null;
  if (isRouted && request?.start.startsWith('HEAD ') === true) return bare;
  const answer = readPlainMessage(text, at, false, true);
  return answer === null && isRouted && bare.end === text.length ? bare : answer;
}
