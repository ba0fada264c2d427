/** The header lines of a response, as far as a proxy must understand them. */
import { FAULTS } from '../core/errors.ts';
import { DROP, HeaderBlock, PASS, UNKNOWN, isNameAt, linesExcept, skipBlanks, trimmed } from './header-block.ts';
import type { Taken } from './header-block.ts';

/**
 * Hop-by-hop as in requests; Proxy-Authenticate and Proxy-Authentication-Info are meant for the next client
 * on the way back, which is us (RFC 9110 11.7).
 */
const OTHER_LINES = linesExcept([
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
]);

const TIMEOUT = /(?:^|,)[\t ]*timeout[\t ]*=[\t ]*"?([0-9]{1,7})"?[\t ]*(?:$|,)/i;
const UPGRADE = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z]+)?$/;

export class ResponseBlock extends HeaderBlock {
  /** The protocol of Upgrade in lower case, `''` without one or where it is not exactly one. */
  protocol = '';
  hasDate = false;
  isEventStream = false;
  keepAliveTimeoutMs = 0;
  #dropsContentLength = false;
  #hasUpgradeLine = false;

  /**
   * Reads `text[start, end)`; once for each object. `dropsContentLength`: the status has no body, nor a length
   * that would mean anything, so the line does not pass. False: refused.
   */
  parse(text: string, start: number, end: number, maxHeaders: number, dropsContentLength: boolean): boolean {
    this.#dropsContentLength = dropsContentLength;
    if (!this.scan(text, start, end, maxHeaders, OTHER_LINES)) return false;
    if (this.hasTransferEncoding && this.contentLength >= 0) this.fault = FAULTS.badTransferEncoding;
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
      case 14: {
        if (!is('content-length')) return UNKNOWN;
        const taken = this.takeContentLength(text.slice(colon + 1, end));
        if (!this.#dropsContentLength) return taken;
        this.isLengthRewritten = false;
        return DROP;
      }
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

  #takeType(text: string, from: number): Taken {
    this.isEventStream = isNameAt(text, from, 'text/event-stream') || isNameAt(text, from, 'application/grpc');
    return PASS;
  }

  #takeKeepAlive(value: string): Taken {
    const match = TIMEOUT.exec(value);
    if (match !== null) {
      this.keepAliveTimeoutMs = Number(match[1]) * 1000;
      // Kept for no time at all.
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
