/** The request line (RFC 9112 3): method, target in each of its forms, version. */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { parseAuthority } from './host.ts';
import type { Authority } from './host.ts';

/** The longest registered method has 17 characters (UPDATEREDIRECTREF). */
const MAX_METHOD = 32;

const METHOD = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
/** What can be seen of ASCII, but `#`: no fragment, no control, no 8-bit character. */
const TARGET = /[\x21\x22\x24-\x7e]+/y;
const VERSION = /^HTTP\/([0-9])\.([0-9])$/;
const ABSOLUTE = /^(https?):\/\/([^/?]*)(.*)$/i;

const SPACE = 0x20;
const SLASH = 0x2f;

/** Common names as one string each, so that comparing them later compares pointers. */
const METHODS: ReadonlyMap<string, string> = new Map(
  ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'].map((name) => [name, name]),
);

export class RequestLine {
  method = '';
  /** Origin form or `*`; an absolute form has been reduced. */
  target = '';
  /** 10 or 11. */
  version = 11;
  /** Of an absolute form, as it was sent; `''` otherwise. */
  authorityText = '';
  authority: Authority | null = null;
  /** The port that an absolute form means where it names none. */
  defaultPort = 80;
  fault: Fault | null = null;

  /** Reads `line` (without CRLF). False: refused, and `fault` says why. */
  parse(line: string, maxTarget: number): boolean {
    this.fault = this.#read(line, maxTarget);
    return this.fault === null;
  }

  #read(line: string, maxTarget: number): Fault | null {
    METHOD.lastIndex = 0;
    if (!METHOD.test(line)) return FAULTS.badRequestLine;
    const methodEnd = METHOD.lastIndex;
    if (line.charCodeAt(methodEnd) !== SPACE || methodEnd > MAX_METHOD) return FAULTS.badMethod;
    const method = line.slice(0, methodEnd);
    this.method = METHODS.get(method) ?? method;
    TARGET.lastIndex = methodEnd + 1;
    if (!TARGET.test(line)) return FAULTS.badRequestLine;
    const targetEnd = TARGET.lastIndex;
    if (targetEnd - methodEnd - 1 > maxTarget) return FAULTS.targetTooLong;
    // A line that ends here is HTTP/0.9; any other character is not allowed in a target.
    if (targetEnd === line.length) return FAULTS.badVersion;
    if (line.charCodeAt(targetEnd) !== SPACE) return FAULTS.badTarget;
    this.target = line.slice(methodEnd + 1, targetEnd);
    return this.#readVersion(line.slice(targetEnd + 1)) ?? this.#readTarget();
  }

  #readVersion(text: string): Fault | null {
    if (text === 'HTTP/1.1') this.version = 11;
    else if (text === 'HTTP/1.0') this.version = 10;
    else {
      const match = VERSION.exec(text);
      if (match === null || match[1] === '0') return FAULTS.badVersion;
      const isPreface = this.method === 'PRI' && this.target === '*' && text === 'HTTP/2.0';
      return isPreface ? FAULTS.http2Preface : FAULTS.unknownVersion;
    }
    return null;
  }

  #readTarget(): Fault | null {
    if (this.method === 'CONNECT') return FAULTS.connectRefused;
    // RFC 9113 11.6: reserved for the preface of HTTP/2, which has been told apart by its version.
    if (this.method === 'PRI') return FAULTS.badMethod;
    if (this.target.charCodeAt(0) === SLASH) return null;
    if (this.target === '*') return this.method === 'OPTIONS' ? null : FAULTS.badTarget;
    return this.#reduceAbsolute();
  }

  /** `http://host/path?query` becomes `/path?query`; the host has to agree with Host, which the parser checks. */
  #reduceAbsolute(): Fault | null {
    const match = ABSOLUTE.exec(this.target);
    if (match === null) return FAULTS.badTarget;
    this.authority = parseAuthority(match[2]);
    if (this.authority === null) return FAULTS.badTarget;
    this.authorityText = match[2];
    this.defaultPort = match[1].length === 5 ? 443 : 80;
    const rest = match[3];
    // RFC 9112 3.2.4: OPTIONS for a whole server, by way of a proxy, has no path.
    if (rest === '' && this.method === 'OPTIONS') this.target = '*';
    else this.target = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
    return null;
  }
}
