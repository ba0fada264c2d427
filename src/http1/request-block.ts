/** The header lines of a request, as far as a proxy must understand them. */
import { trimmed } from '../core/blanks.ts';
import { FAULTS } from '../core/errors.ts';
import { isNameAt } from '../core/http/header-lines.ts';
import { DROP, HeaderBlock, UNKNOWN, linesExcept } from './header-block.ts';
import type { Taken } from './header-block.ts';
import { parseAuthority } from './host.ts';
import type { Authority } from './host.ts';

/**
 * The names that matter, in lower case. Hop-by-hop by RFC 9110 7.6.1, named by Connection or not; HTTP2-Settings (RFC
 * 7540 3.2.1) and Proxy-Authorization with them: it is meant for the next proxy (RFC 9110 11.7.2), which is us, and it
 * is not meant for an endpoint (Go's ReverseProxy drops it too; nginx and HAProxy let it through). `Proxy` is no header
 * of HTTP: CGI makes HTTP_PROXY of it, which programs take for the proxy to use (httpoxy, CVE-2016-5385 and others).
 * Client-Cert and its chain are ours to say, whoever else says so (RFC 9440 4), and so is X-Forwarded-Tls-*.
 */
export const REQUEST_NAMES: readonly string[] = [
  'te',
  'host',
  'proxy',
  'expect',
  'upgrade',
  'forwarded',
  'connection',
  'keep-alive',
  'client-cert',
  'x-request-id',
  'content-length',
  'http2-settings',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'proxy-connection',
  'client-cert-chain',
  'transfer-encoding',
  'proxy-authorization',
];

const FORWARDED_PREFIX = 'x-forwarded-';
/** What other proxies say of a client's certificate: servers that believe it would believe anybody. */
const FORWARDED_TLS_PREFIX = 'x-forwarded-tls-';
const OTHER_LINES = linesExcept(REQUEST_NAMES, FORWARDED_PREFIX);
const OURS: ReadonlySet<string> = new Set(REQUEST_NAMES);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
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
  /** Lines of all other `X-Forwarded-` names, as they came. */
  forwardedOthers = '';
  requestId = '';
  #hasRequestId = false;
  #hasUpgradeLine = false;

  /**
   * True: names pass that are one of ours when `_` is read as `-`. False: they are dropped, since CGI-like servers, for
   * which both are the same, would believe a stranger's `X_Forwarded_For`, or read its `Content_Length`.
   */
  readonly #allowsUnderscores: boolean;

  constructor(allowsUnderscores = false) {
    super();
    this.#allowsUnderscores = allowsUnderscores;
  }

  /** Reads `text[start, end)`; once for each object. False: refused, and `fault` says why. */
  parse(text: string, start: number, end: number, maxHeaders: number): boolean {
    if (!this.scan(text, start, end, maxHeaders, OTHER_LINES)) return false;
    if (this.named?.has('x-request-id') === true) this.requestId = '';
    if (this.hasTransferEncoding && this.contentLength >= 0) this.fault = FAULTS.badTransferEncoding;
    return this.fault === null;
  }

  protected override take(text: string, at: number, colon: number, end: number): Taken {
    const taken = this.#takeKnown(text, at, colon, end);
    return taken === UNKNOWN ? this.#takeForwarded(text, at, colon, end) : taken;
  }

  #takeKnown(text: string, at: number, colon: number, end: number): Taken {
    const is = (name: string): boolean => isNameAt(text, at, name);
    switch (colon - at) {
      case 2:
        return is('te') ? this.#takeTe(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 4:
        return is('host') ? this.#takeHost(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 5:
        return is('proxy') ? DROP : UNKNOWN;
      case 6:
        return is('expect') ? this.#takeExpect(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 7:
        return is('upgrade') ? this.#takeUpgrade(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 10:
        if (is('connection')) return this.takeConnection(trimmed(text, colon + 1, end));
        return is('keep-alive') ? DROP : UNKNOWN;
      case 11:
        return is('client-cert') ? DROP : UNKNOWN;
      case 12:
        return is('x-request-id') ? this.#takeRequestId(trimmed(text, colon + 1, end)) : UNKNOWN;
      case 14:
        if (is('content-length')) return this.takeContentLength(text.slice(colon + 1, end));
        return is('http2-settings') ? DROP : UNKNOWN;
      case 17:
        if (is('transfer-encoding')) return this.takeTransferEncoding(text.slice(colon + 1, end));
        return is('client-cert-chain') ? DROP : UNKNOWN;
      default:
        return UNKNOWN;
    }
  }

  /** Headers of other proxies, and those meant for a proxy alone. */
  #takeForwarded(text: string, at: number, colon: number, end: number): Taken {
    const name = text.slice(at, colon).toLowerCase();
    switch (name) {
      case 'x-forwarded-for':
        this.forwardedFor = joined(this.forwardedFor, trimmed(text, colon + 1, end));
        return DROP;
      case 'x-forwarded-proto':
        this.forwardedProto = joined(this.forwardedProto, trimmed(text, colon + 1, end));
        return DROP;
      case 'x-forwarded-host':
        this.forwardedHost = joined(this.forwardedHost, trimmed(text, colon + 1, end));
        return DROP;
      case 'x-forwarded-port':
        this.forwardedPort = joined(this.forwardedPort, trimmed(text, colon + 1, end));
        return DROP;
      case 'forwarded':
        this.forwarded = joined(this.forwarded, trimmed(text, colon + 1, end));
        return DROP;
      case 'proxy-connection':
      case 'proxy-authorization':
        return DROP;
      default:
        return this.#takeOther(name, text, at, end);
    }
  }

  #takeOther(name: string, text: string, at: number, end: number): Taken {
    // A run ends at malformed lines as well; the caller says what is wrong with them.
    if (!TOKEN.test(name)) return UNKNOWN;
    if (name.startsWith(FORWARDED_TLS_PREFIX)) return DROP;
    if (name.startsWith(FORWARDED_PREFIX)) {
      this.forwardedOthers += text.slice(at, end + 2);
      return DROP;
    }
    if (this.#allowsUnderscores || !name.includes('_')) return UNKNOWN;
    const read = name.replaceAll('_', '-');
    return OURS.has(read) || read.startsWith(FORWARDED_PREFIX) ? DROP : UNKNOWN;
  }

  #takeHost(value: string): Taken {
    this.authority = this.authority === null ? parseAuthority(value) : null;
    if (this.authority === null) this.fault ??= FAULTS.badHost;
    this.authorityText = value;
    return DROP;
  }

  #takeExpect(value: string): Taken {
    if (value.toLowerCase() === '100-continue') this.hasExpect = true;
    else this.fault ??= FAULTS.expectationFailed;
    return DROP;
  }

  #takeUpgrade(value: string): Taken {
    const protocol = value.toLowerCase();
    // RFC 9110 7.8 lets a server ignore Upgrade, so an offer of several protocols need not be understood.
    if (this.#hasUpgradeLine || protocol.includes(',')) this.protocol = '';
    else if (UPGRADE.test(protocol)) this.protocol = protocol;
    else this.isProtocolBad = true;
    this.#hasUpgradeLine = true;
    return DROP;
  }

  #takeTe(value: string): Taken {
    if (TRAILERS.test(value)) this.acceptsTrailers = true;
    return DROP;
  }

  #takeRequestId(value: string): Taken {
    this.requestId = !this.#hasRequestId && REQUEST_ID.test(value) ? value : '';
    this.#hasRequestId = true;
    return DROP;
  }
}

/** A list over several lines; empty lines add nothing to it. */
function joined(before: string, value: string): string {
  if (before === '' || value === '') return before + value;
  return `${before}, ${value}`;
}
