/** The header lines of a request, as far as a proxy must understand them. */
import { FAULTS } from '../core/errors.ts';
import { HeaderBlock, isNameAt, lengthMask, trimmed } from './header-block.ts';
import { parseAuthority } from './host.ts';
import type { Authority } from './host.ts';

/**
 * Hop-by-hop by RFC 9110 7.6.1, named by Connection or not; HTTP2-Settings (RFC 7540 3.2.1) and
 * Proxy-Authorization with them: it is meant for the next proxy (RFC 9110 11.7.2), which is us, and an
 * endpoint has no business with it (Go's ReverseProxy drops it too; nginx and HAProxy let it through).
 */
const MASK = lengthMask([
  'te',
  'host',
  'expect',
  'upgrade',
  'forwarded',
  'connection', // and keep-alive
  'x-request-id',
  'content-length', // and http2-settings
  'x-forwarded-for',
  'x-forwarded-host', // and x-forwarded-port, proxy-connection
  'x-forwarded-proto', // and transfer-encoding
  'proxy-authorization',
]);

const REQUEST_ID = /^[A-Za-z0-9._~+/=-]{1,128}$/;
const UPGRADE = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z]+)?$/;
const TRAILERS = /(?:^|,)[\t ]*trailers[\t ]*(?:$|[,;])/i;

export class RequestBlock extends HeaderBlock {
  /** Host as sent, `''` without one. */
  authorityText = '';
  authority: Authority | null = null;
  /** `Expect: 100-continue`. */
  hasExpect = false;
  /** Upgrade in lower case; `''` without one, and where several protocols are offered. */
  protocol = '';
  /** Upgrade is there and is not a protocol name. */
  isProtocolBad = false;
  acceptsTrailers = false;
  forwardedFor = '';
  forwardedProto = '';
  forwardedHost = '';
  forwardedPort = '';
  forwarded = '';
  requestId = '';
  #hasRequestId = false;
  #hasUpgradeLine = false;

  /** Reads `text[start, end)`; once for each object. False: refused, and `fault` says why. */
  parse(text: string, start: number, end: number, maxHeaders: number): boolean {
    if (!this.scan(text, start, end, maxHeaders, MASK)) return false;
    if (this.named !== null && this.named.has('x-request-id')) this.requestId = '';
    if (this.hasTransferEncoding && this.contentLength >= 0) this.fault = FAULTS.badTransferEncoding;
    return this.fault === null;
  }

  protected override take(text: string, at: number, colon: number, end: number): boolean {
    switch (colon - at) {
      case 2:
        return isNameAt(text, at, 'te') && this.#takeTe(trimmed(text, colon + 1, end));
      case 4:
        return isNameAt(text, at, 'host') && this.#takeHost(trimmed(text, colon + 1, end));
      case 6:
        return isNameAt(text, at, 'expect') && this.#takeExpect(trimmed(text, colon + 1, end));
      case 7:
        return isNameAt(text, at, 'upgrade') && this.#takeUpgrade(trimmed(text, colon + 1, end));
      case 9:
        if (!isNameAt(text, at, 'forwarded')) return false;
        this.forwarded = joined(this.forwarded, trimmed(text, colon + 1, end));
        return true;
      case 10:
        if (isNameAt(text, at, 'keep-alive')) return true;
        if (!isNameAt(text, at, 'connection')) return false;
        this.takeConnection(trimmed(text, colon + 1, end));
        return true;
      case 12:
        return isNameAt(text, at, 'x-request-id') && this.#takeRequestId(trimmed(text, colon + 1, end));
      case 14:
        if (isNameAt(text, at, 'http2-settings')) return true;
        return isNameAt(text, at, 'content-length') && this.takeContentLength(trimmed(text, colon + 1, end));
      case 15:
        if (!isNameAt(text, at, 'x-forwarded-for')) return false;
        this.forwardedFor = joined(this.forwardedFor, trimmed(text, colon + 1, end));
        return true;
      case 16:
        return this.#takeSixteen(text, at, colon, end);
      case 17:
        return this.#takeSeventeen(text, at, colon, end);
      default:
        return isNameAt(text, at, 'proxy-authorization');
    }
  }

  #takeSixteen(text: string, at: number, colon: number, end: number): boolean {
    if (isNameAt(text, at, 'x-forwarded-host')) {
      this.forwardedHost = joined(this.forwardedHost, trimmed(text, colon + 1, end));
      return true;
    }
    if (isNameAt(text, at, 'x-forwarded-port')) {
      this.forwardedPort = joined(this.forwardedPort, trimmed(text, colon + 1, end));
      return true;
    }
    return isNameAt(text, at, 'proxy-connection');
  }

  #takeSeventeen(text: string, at: number, colon: number, end: number): boolean {
    if (isNameAt(text, at, 'x-forwarded-proto')) {
      this.forwardedProto = joined(this.forwardedProto, trimmed(text, colon + 1, end));
      return true;
    }
    if (!isNameAt(text, at, 'transfer-encoding')) return false;
    this.takeTransferEncoding(trimmed(text, colon + 1, end));
    return true;
  }

  #takeHost(value: string): true {
    this.authority = this.authority === null ? parseAuthority(value) : null;
    if (this.authority === null) this.fault ??= FAULTS.badHost;
    this.authorityText = value;
    return true;
  }

  #takeExpect(value: string): true {
    if (value.toLowerCase() === '100-continue') this.hasExpect = true;
    else this.fault ??= FAULTS.expectationFailed;
    return true;
  }

  #takeUpgrade(value: string): true {
    const protocol = value.toLowerCase();
    // RFC 9110 7.8 lets a server ignore Upgrade: an offer of several protocols is one we need not understand.
    if (this.#hasUpgradeLine || protocol.includes(',')) this.protocol = '';
    else if (UPGRADE.test(protocol)) this.protocol = protocol;
    else this.isProtocolBad = true;
    this.#hasUpgradeLine = true;
    return true;
  }

  #takeTe(value: string): true {
    if (TRAILERS.test(value)) this.acceptsTrailers = true;
    return true;
  }

  #takeRequestId(value: string): true {
    this.requestId = !this.#hasRequestId && REQUEST_ID.test(value) ? value : '';
    this.#hasRequestId = true;
    return true;
  }
}

function joined(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}
