/**
 * Response heads, read as strictly as requests: what is ambiguous is refused, never repaired. The exchange
 * makes a 502 of a refusal.
 *
 * Endpoints repeat themselves within a second (then Date changes), so a parser remembers the last heads: the
 * same text gives the same object.
 */
import { FAULTS } from '../core/errors.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, ResponseHead } from '../http/head.ts';
import type { BodyKind } from '../http/head.ts';
import { brokenBytes, brokenLines } from './answer-rules.ts';
import type { HeadLimits } from './request-parser.ts';
import { BY_HEADERS, INTERIM, LENGTH_ALONE, NO_CONTENT, ResponseBlock } from './response-block.ts';
import type { Content } from './response-block.ts';
import { parseStatusLine } from './status-line.ts';
import type { StatusLine } from './status-line.ts';

/** Heads remembered, each in a place chosen by its length; a power of two. */
const PLACES = 8;

interface Remembered {
  readonly text: string;
  readonly isHead: boolean;
  readonly head: ResponseHead;
}

export class ResponseParser {
  /** The rule that the last head broke, in a few words; `''` where it was read. */
  rule = '';
  readonly #limits: HeadLimits;
  #lineText = '';
  #line: StatusLine | null = null;
  readonly #memo: (Remembered | null)[] = new Array<Remembered | null>(PLACES).fill(null);

  /** One parser serves an endpoint in a worker, or one upstream connection. */
  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /**
   * Reads a head, from its status line to the empty line, both inclusive. The method of the request decides whether a
   * body follows. The head that it returns is borrowed and never written to by the parser again.
   */
  parse(text: string, requestMethod: string): ResponseHead | null {
    const isHead = requestMethod === 'HEAD';
    const place = text.length & (PLACES - 1);
    const known = this.#memo[place];
    this.rule = '';
    if (known !== null && known.text === text && known.isHead === isHead) return known.head;
    const head =
      text.length > this.#limits.headBytes ? this.#refuse('head over limits.head') : this.#read(text, isHead);
    if (head !== null && head.status >= 200) this.#memo[place] = { text, isHead, head };
    return head;
  }

  #read(text: string, isHead: boolean): ResponseHead | null {
    const lineEnd = text.indexOf('\r\n');
    const line = lineEnd < 0 || !text.endsWith('\r\n\r\n') ? null : this.#statusLine(text.slice(0, lineEnd));
    if (line === null) return this.#refuse(brokenBytes(text) ?? 'malformed status line');
    const { status } = line;
    const content = contentOf(status, isHead);
    const block = new ResponseBlock();
    if (!block.parse(text, lineEnd + 2, text.length - 2, this.#limits.headers, content))
      return this.#refuse(brokenLines(block.fault, text));
    if (content === BY_HEADERS && block.hasTransferEncoding && line.version === 10)
      return this.#refuse('Transfer-Encoding in HTTP/1.0');
    // An answer to HEAD describes the answer to a GET, in which this would be refused.
    if (isHead && content === LENGTH_ALONE && block.isLengthContradictory)
      return this.#refuse(brokenLines(FAULTS.badContentLength, text));
    if (status < 200 && line.version === 10) return this.#refuse('interim answer in HTTP/1.0');
    if (status === 101 && (!block.hasUpgrade || block.protocol === '')) return this.#refuse('101 without one Upgrade');
    return combine(line, block, content);
  }

  #refuse(rule: string): null {
    this.rule = rule;
    return null;
  }

  #statusLine(text: string): StatusLine | null {
    if (text === this.#lineText) return this.#line;
    this.#lineText = text;
    this.#line = parseStatusLine(text);
    return this.#line;
  }
}

function contentOf(status: number, isHead: boolean): Content {
  if (status === 101 || status === 204) return NO_CONTENT;
  if (status < 200) return INTERIM;
  return isHead || status === 304 ? LENGTH_ALONE : BY_HEADERS;
}

function combine(line: StatusLine, block: ResponseBlock, content: Content): ResponseHead {
  const head = new ResponseHead();
  head.status = line.status;
  head.reason = line.reason;
  head.version = line.version;
  head.lines = block.lines;
  head.bodyKind = content === BY_HEADERS ? bodyKind(block) : BODY_NONE;
  head.contentLength = head.bodyKind === BODY_LENGTH ? block.contentLength : 0;
  head.keepAlive = persists(line, block, content) && head.bodyKind !== BODY_UNTIL_CLOSE;
  // The length in a 304 is that of the content the client has.
  head.announcesContent = content !== BY_HEADERS && line.status !== 304 && announcesBody(block);
  head.keepAliveTimeoutMs = block.keepAliveTimeoutMs;
  head.upgrade = line.status === 101 ? block.protocol : '';
  head.hasDate = block.hasDate;
  head.isEventStream = block.isEventStream;
  return head;
}

/**
 * Whether the connection may carry another message. A server that announces a body where there is none may send it
 * nevertheless, and one that contradicts itself may send anything.
 */
function persists(line: StatusLine, block: ResponseBlock, content: Content): boolean {
  if (block.isFramingBroken || (announcesBody(block) && (content === INTERIM || content === NO_CONTENT))) return false;
  return content === INTERIM || (!block.hasClose && (line.version === 11 || block.hasKeepAlive));
}

function bodyKind(block: ResponseBlock): BodyKind {
  if (block.hasTransferEncoding) return BODY_CHUNKED;
  return block.contentLength >= 0 ? BODY_LENGTH : BODY_UNTIL_CLOSE;
}

function announcesBody(block: ResponseBlock): boolean {
  return block.hasTransferEncoding || block.contentLength > 0;
}
