/** The header lines of a response, as far as a proxy must understand them. */
import { skipBlanks, trimmed } from '../core/blanks.ts';
import { FAULTS } from '../core/errors.ts';
import { isNameAt } from '../core/http/header-lines.ts';
import { applyConnection } from './connection-options.ts';
import { isChunkedOnly, parseContentLength } from './framing.ts';
import { DROP, HeaderBlock, PASS, UNKNOWN, linesExcept } from './header-block.ts';
import type { Taken } from './header-block.ts';

/**
 * The names that matter, in lower case. Hop-by-hop as in requests; Proxy-Authenticate and
 * Proxy-Authentication-Info are meant for the next client on the way back, which is us (RFC 9110 11.7).
 */
export const RESPONSE_NAMES: readonly string[] = [
  'te',
  'date',
  'upgrade',
  'connection',
  'keep-alive',
  'content-type',
  'content-length',
  'proxy-connection',
  'transfer-encoding',
  'proxy-authenticate',
  'proxy-authentication-info',
];

const OTHER_LINES = linesExcept(RESPONSE_NAMES);

const TIMEOUT = /(?:^|,)[\t ]*timeout[\t ]*=[\t ]*"?([0-9]{1,7})"?[\t ]*(?:$|,)/i;
const UPGRADE = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z]+)?$/;

/**
 * What the status and the request's method say of the body. It decides before any header line does (RFC 9112 6.3, rule
 * 1): without a body a framing line cannot be ambiguous, so none is refused, and none is passed on.
 */
export const BY_HEADERS = 0;
/** 101 and 204: there is neither a body nor a length. */
export const NO_CONTENT = 1;
/** HEAD and 304: no body, and a length that is the one of the answer to a GET. */
export const LENGTH_ALONE = 2;
/** An interim answer, likewise; what Connection says in it of the connection means nothing, since the answer is yet to come. */
export const INTERIM = 3;
export type Content = 0 | 1 | 2 | 3;

export class ResponseBlock extends HeaderBlock {
  /** The protocol of Upgrade in lower case, `''` without one or where it is not exactly one. */
  protocol = '';
  hasDate = false;
  isEventStream = false;
  keepAliveTimeoutMs = 0;
  /** Of a message without a body: Content-Length is malformed, or there are several that differ. */
  isLengthContradictory = false;
  /** Of a message without a body: its framing lines would be refused if there were one. */
  isFramingBroken = false;
  #content: Content = BY_HEADERS;
  #hasUpgradeLine = false;

  /** Reads `text[start, end)`; once for each object. False: refused. */
  parse(text: string, start: number, end: number, maxHeaders: number, content: Content): boolean {
    this.#content = content;
    if (!this.scan(text, start, end, maxHeaders, OTHER_LINES)) return false;
    if (content === BY_HEADERS && this.hasTransferEncoding && this.contentLength >= 0)
      this.fault = FAULTS.badTransferEncoding;
    return this.fault === null;
  }

  protected override take(text: string, at: number, colon: number, end: number): Taken {
    const is = (name: string): boolean => isNameAt(text, at, name);
    switch (colon - at) {
      case 2:
        return is('te') ? DROP : UNKNOWN;
      case 4:
        if (!is('date')) return UNKNOWN;
        this.hasDate = true;
        return PASS;
      case 7:
        return is('upgrade') ? this.#takeUpgrade(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 10:
        if (is('connection')) return this.takeConnection(trimmed(text, colon + 1, end));
        return is('keep-alive') ? this.#takeKeepAlive(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 12:
        return is('content-type') ? this.#takeType(text, skipBlanks(text, colon + 1)) : UNKNOWN;
      case 14:
        return is('content-length') ? this.takeContentLength(text.slice(colon + 1, end)) : UNKNOWN;
      case 16:
        return is('proxy-connection') ? DROP : UNKNOWN;
      case 17:
        return is('transfer-encoding') ? this.takeTransferEncoding(text.slice(colon + 1, end)) : UNKNOWN;
      case 18:
        return is('proxy-authenticate') ? DROP : UNKNOWN;
      case 25:
        return is('proxy-authentication-info') ? DROP : UNKNOWN;
      default:
        return UNKNOWN;
    }
  }

  protected override takeConnection(value: string): Taken {
    if (this.#content !== INTERIM) return super.takeConnection(value);
    applyConnection(value, this);
    return DROP;
  }

  protected override takeContentLength(raw: string): Taken {
    if (this.#content === BY_HEADERS) return super.takeContentLength(raw);
    const length = parseContentLength(trimmed(raw, 0, raw.length));
    if (length < 0 || this.contentLength >= 0 || this.hasTransferEncoding) this.isFramingBroken = true;
    if (length < 0 || (this.contentLength >= 0 && length !== this.contentLength)) this.isLengthContradictory = true;
    this.contentLength = Math.max(length, this.contentLength);
    this.#passLength();
    return DROP;
  }

  protected override takeTransferEncoding(raw: string): Taken {
    if (this.#content === BY_HEADERS) return super.takeTransferEncoding(raw);
    const isAlone = !this.hasTransferEncoding && this.contentLength < 0;
    if (!isAlone || !isChunkedOnly(trimmed(raw, 0, raw.length))) this.isFramingBroken = true;
    this.hasTransferEncoding = true;
    this.#passLength();
    return DROP;
  }

  /** Of a message without a body one length passes, and only where nothing contradicts it. */
  #passLength(): void {
    this.isLengthRewritten = this.#content === LENGTH_ALONE && !this.hasTransferEncoding && !this.isLengthContradictory;
  }

  #takeType(text: string, from: number): Taken {
    this.isEventStream = isNameAt(text, from, 'text/event-stream') || isNameAt(text, from, 'application/grpc');
    return PASS;
  }

  #takeKeepAlive(value: string): Taken {
    const match = TIMEOUT.exec(value);
    if (match !== null) {
      this.keepAliveTimeoutMs = Number(match[1]) * 1000;
      // The connection is to be closed at once (`timeout=0`).
      if (this.keepAliveTimeoutMs === 0) this.hasClose = true;
    }
    return DROP;
  }

  #takeUpgrade(value: string): Taken {
    const protocol = value.toLowerCase();
    this.protocol = !this.#hasUpgradeLine && UPGRADE.test(protocol) ? protocol : '';
    this.#hasUpgradeLine = true;
    return DROP;
  }
}
