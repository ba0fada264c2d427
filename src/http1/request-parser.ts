/**
 * Request heads: text in, {@link RequestHead} or a fault out. What is ambiguous is refused, never repaired.
 *
 * Clients repeat themselves, so a parser remembers its last head: the same text gives the same object, so that callers
 * can cache by identity, and a text with the same header block under another request line is not scanned again.
 */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import type { Limits } from '../core/snapshot.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, RequestHead } from '../http/head.ts';
import { RequestBlock } from './request-block.ts';
import { RequestLine } from './request-line.ts';

/** Bounds of one head: bytes in all, number of header lines, bytes of the target. */
export type HeadLimits = Limits;

/** What a parser remembers before its first head; only read. */
const NO_LINE = new RequestLine();
const NO_BLOCK = new RequestBlock();

export class RequestParser {
  /** Why `parse` returned null; null after a good head. */
  fault: Fault | null = null;
  readonly #limits: HeadLimits;
  readonly #allowsUnderscores: boolean;
  #text: string | null = null;
  #head: RequestHead | null = null;
  #lineText: string | null = null;
  #line = NO_LINE;
  #blockText: string | null = null;
  #block = NO_BLOCK;

  /**
   * One parser serves one client connection. `allowsUnderscores`: names pass that are one of ours when `_` is read
   * as `-`.
   */
  constructor(limits: HeadLimits, allowsUnderscores = false) {
    this.#allowsUnderscores = allowsUnderscores;
    this.#limits = limits;
  }

  /**
   * Reads a head, from its request line to the empty line, both inclusive. The head that it returns is borrowed and
   * never written to by the parser again; for the next identical text the same one is returned.
   */
  parse(text: string): RequestHead | null {
    if (text === this.#text) return this.#head;
    this.#text = null;
    this.fault = this.#readLine(text) ?? this.#readBlock(text) ?? this.#contradiction();
    if (this.fault !== null) return null;
    this.#text = text;
    this.#head = this.#combine();
    return this.#head;
  }

  #readLine(text: string): Fault | null {
    const line = text.slice(0, text.indexOf('\r'));
    if (line === this.#lineText) return null;
    this.#lineText = null;
    const parsed = new RequestLine();
    if (!parsed.parse(line, this.#limits.targetBytes)) return parsed.fault;
    this.#lineText = line;
    this.#line = parsed;
    return null;
  }

  #readBlock(text: string): Fault | null {
    if (text.length > this.#limits.headBytes) return FAULTS.headTooLarge;
    const start = text.indexOf('\r') + 2;
    const end = text.length - 2;
    if (text.charCodeAt(start - 1) !== 0x0a || !text.endsWith('\r\n\r\n')) return FAULTS.badRequestLine;
    const blockText = text.slice(start, end);
    if (blockText === this.#blockText) return null;
    this.#blockText = null;
    const block = new RequestBlock(this.#allowsUnderscores);
    if (!block.parse(text, start, end, this.#limits.headers)) return block.fault;
    this.#blockText = blockText;
    this.#block = block;
    return null;
  }

  /** Rules that involve both the request line and the headers. */
  #contradiction(): Fault | null {
    const line = this.#line;
    const block = this.#block;
    if (block.authority === null) {
      if (line.version === 11) return FAULTS.badHost;
    } else if (line.authority !== null) {
      const { defaultPort } = line;
      const named = line.authority.port < 0 ? defaultPort : line.authority.port;
      const host = block.authority.port < 0 ? defaultPort : block.authority.port;
      if (line.authority.host !== block.authority.host || named !== host) return FAULTS.badHost;
    }
    if (block.hasTransferEncoding && line.version === 10) return FAULTS.badTransferEncoding;
    return this.#hasBadUpgrade() ? FAULTS.badUpgrade : null;
  }

  /**
   * A WebSocket handshake is a GET without a body (RFC 6455 4.1); with anything else, it cannot be known where the body
   * ends and the tunnel begins.
   */
  #hasBadUpgrade(): boolean {
    const block = this.#block;
    if (!block.hasUpgrade || this.#line.version === 10) return false;
    if (block.isProtocolBad) return true;
    return block.protocol === 'websocket' && (this.#line.method !== 'GET' || hasBody(block));
  }

  #combine(): RequestHead {
    const line = this.#line;
    const block = this.#block;
    const head = new RequestHead();
    const authority = block.authority ?? line.authority;
    head.method = line.method;
    head.target = line.target;
    head.version = line.version;
    head.authority = block.authority === null ? line.authorityText : block.authorityText;
    head.host = authority === null ? '' : authority.host;
    head.lines = block.lines;
    head.bodyKind = block.hasTransferEncoding ? BODY_CHUNKED : block.contentLength >= 0 ? BODY_LENGTH : BODY_NONE;
    head.contentLength = Math.max(block.contentLength, 0);
    head.keepAlive = !block.hasClose && (line.version === 11 || block.hasKeepAlive);
    // HTTP/1.0 knows neither; and a client without a body waits for nothing (RFC 9110 10.1.1, 7.8).
    head.expectsContinue = block.hasExpect && line.version === 11 && hasBody(block);
    head.upgrade = line.version === 11 ? upgradeOf(block) : '';
    head.acceptsTrailers = block.acceptsTrailers;
    head.forwardedFor = block.forwardedFor;
    head.forwardedProto = block.forwardedProto;
    head.forwardedHost = block.forwardedHost;
    head.forwardedPort = block.forwardedPort;
    head.forwarded = block.forwarded;
    head.forwardedOthers = block.forwardedOthers;
    head.requestId = block.requestId;
    return head;
  }
}

function hasBody(block: RequestBlock): boolean {
  return block.hasTransferEncoding || block.contentLength > 0;
}

/**
 * The upgrade that could happen. `h2c` never does, and one offered together with a body is ignored, as RFC 9110
 * 7.8 allows: clients that offer it with every request must still be able to POST.
 */
function upgradeOf(block: RequestBlock): string {
  return block.hasUpgrade && block.protocol !== 'h2c' && !hasBody(block) ? block.protocol : '';
}
