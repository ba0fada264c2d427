/** The header lines of a response, as far as a proxy must understand them. */
import { FAULTS } from '../core/errors.ts';
import { HeaderBlock, isNameAt, lengthMask, trimmed } from './header-block.ts';

/**
 * Hop-by-hop as in requests; Proxy-Authenticate and Proxy-Authentication-Info are meant for the next client
 * on the way back, which is us (RFC 9110 11.7).
 */
const MASK = lengthMask([
  'te',
  'date',
  'upgrade',
  'connection', // and keep-alive
  'content-type',
  'content-length',
  'proxy-connection',
  'transfer-encoding',
  'proxy-authenticate',
  'proxy-authentication-info',
]);

const EVENT_STREAM = /^(?:text\/event-stream(?:$|[\t ;])|application\/grpc)/i;
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
    if (!this.scan(text, start, end, maxHeaders, MASK)) return false;
    if (this.hasTransferEncoding && this.contentLength >= 0) this.fault = FAULTS.badTransferEncoding;
    return this.fault === null;
  }

  protected override take(text: string, at: number, colon: number, end: number): boolean {
    switch (colon - at) {
      case 2:
        return isNameAt(text, at, 'te');
      case 4:
        if (isNameAt(text, at, 'date')) this.hasDate = true;
        return false;
      case 7:
        return isNameAt(text, at, 'upgrade') && this.#takeUpgrade(trimmed(text, colon + 1, end));
      case 10:
        return this.#takeTen(text, at, colon, end);
      case 12:
        if (isNameAt(text, at, 'content-type')) this.isEventStream = EVENT_STREAM.test(trimmed(text, colon + 1, end));
        return false;
      case 14:
        if (!isNameAt(text, at, 'content-length')) return false;
        return this.takeContentLength(trimmed(text, colon + 1, end)) || this.#dropsContentLength;
      case 16:
        return isNameAt(text, at, 'proxy-connection');
      case 17:
        if (!isNameAt(text, at, 'transfer-encoding')) return false;
        this.takeTransferEncoding(trimmed(text, colon + 1, end));
        return true;
      case 18:
        return isNameAt(text, at, 'proxy-authenticate');
      default:
        return isNameAt(text, at, 'proxy-authentication-info');
    }
  }

  #takeTen(text: string, at: number, colon: number, end: number): boolean {
    if (isNameAt(text, at, 'connection')) {
      this.takeConnection(trimmed(text, colon + 1, end));
      return true;
    }
    if (!isNameAt(text, at, 'keep-alive')) return false;
    const match = TIMEOUT.exec(trimmed(text, colon + 1, end));
    if (match !== null) this.keepAliveTimeoutMs = Number(match[1]) * 1000;
    return true;
  }

  #takeUpgrade(value: string): true {
    const protocol = value.toLowerCase();
    this.protocol = !this.#hasUpgradeLine && UPGRADE.test(protocol) ? protocol : '';
    this.#hasUpgradeLine = true;
    return true;
  }
}
