/**
 * What a TLS client says of itself in its first message, the ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2), as far as
 * it is needed to choose who answers: read before TLS begins, since TLS itself names the server too late, and not at all
 * when an older session goes on.
 */

/** A ClientHello, as far as anybody here asks. */
export interface ClientHello {
  /** The name that the client asks for (SNI), in lower case; `''`: none. Letters, digits, `-`, `_` and dots alone. */
  readonly serverName: string;
  /** The protocols it offers (ALPN), best first; empty: it offers none. */
  readonly alpn: readonly string[];
  /** The versions of TLS it offers, as they are on the wire: 0x0303 is 1.2, 0x0304 is 1.3. */
  readonly versions: readonly number[];
  /** Name of the key that its session ticket was made with, in hex; `''`: it has no ticket. */
  readonly ticketKeyName: string;
  /** It offers, or pretends to offer, an encrypted hello: then the name is that of the outer one. */
  readonly hasEncryptedHello: boolean;
}

const SERVER_NAME = 0;
const ALPN = 16;
const SESSION_TICKET = 35;
const PRE_SHARED_KEY = 41;
const SUPPORTED_VERSIONS = 43;
const ENCRYPTED_HELLO = 0xfe0d;

const HOST_NAME = 0;
const RANDOM_BYTES = 32;
const MOST_SESSION_ID = 32;
const MOST_NAME = 255;
const KEY_NAME_BYTES = 16;
/** DNS knows no more than these, and browsers and certificates have `_` as well as what names of hosts may have. */
const LABELS = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** Reads the body of a ClientHello, which is all behind its type and length. Null: it breaks a rule. */
export function parseClientHello(body: Buffer): ClientHello | null {
  const fields = new Fields(body, 0, body.length);
  const version = fields.number(2);
  fields.skip(RANDOM_BYTES);
  const session = fields.vector(1);
  const ciphers = fields.vector(2);
  const compressions = fields.vector(1);
  if (fields.isBroken || session.length > MOST_SESSION_ID || compressions.length === 0) return null;
  if (ciphers.length === 0 || ciphers.length % 2 !== 0) return null;
  const found = new Found(version);
  if (fields.isAtEnd) return found;
  const extensions = fields.vector(2);
  if (fields.isBroken || !fields.isAtEnd) return null;
  return readExtensions(extensions, found) ? found : null;
}

function readExtensions(extensions: Fields, found: Found): boolean {
  const seen = new Set<number>();
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (extensions.isBroken || seen.has(type)) return false;
    seen.add(type);
    if (!readExtension(type, data, found)) return false;
  }
  return true;
}

function readExtension(type: number, data: Fields, found: Found): boolean {
  switch (type) {
    case SERVER_NAME:
      return readServerName(data, found);
    case ALPN:
      return readProtocols(data, found);
    case SUPPORTED_VERSIONS:
      return readVersions(data, found);
    case SESSION_TICKET:
      // Empty: it would like to have one.
      found.ticketKeyName ||= data.hex(KEY_NAME_BYTES);
      return true;
    case PRE_SHARED_KEY:
      return readIdentity(data, found);
    case ENCRYPTED_HELLO:
      found.hasEncryptedHello = true;
      return true;
    default:
      return true;
  }
}

/** One name, of the only kind there is: so does every TLS library read it. */
function readServerName(data: Fields, found: Found): boolean {
  const list = data.vector(2);
  const kind = list.number(1);
  const name = list.vector(2);
  if (data.isBroken || !data.isAtEnd || list.isBroken || !list.isAtEnd) return false;
  if (kind !== HOST_NAME || name.length === 0 || name.length > MOST_NAME) return false;
  found.serverName = name.text().toLowerCase();
  return LABELS.test(found.serverName);
}

function readProtocols(data: Fields, found: Found): boolean {
  const list = data.vector(2);
  if (data.isBroken || !data.isAtEnd || list.length === 0) return false;
  while (!list.isAtEnd) {
    const protocol = list.vector(1);
    if (list.isBroken || protocol.length === 0) return false;
    found.alpn.push(protocol.text());
  }
  return true;
}

function readVersions(data: Fields, found: Found): boolean {
  const list = data.vector(1);
  if (data.isBroken || !data.isAtEnd || list.length === 0 || list.length % 2 !== 0) return false;
  found.versions.length = 0;
  while (!list.isAtEnd) found.versions.push(list.number(2));
  return true;
}

/** In TLS 1.3 a ticket is the identity of a key; of several only the first is of interest. */
function readIdentity(data: Fields, found: Found): boolean {
  const identities = data.vector(2);
  const binders = data.vector(2);
  const identity = identities.vector(2);
  if (data.isBroken || !data.isAtEnd || identities.isBroken || binders.length === 0 || identity.length === 0)
    return false;
  found.ticketKeyName = identity.hex(KEY_NAME_BYTES);
  return true;
}

class Found implements ClientHello {
  serverName = '';
  readonly alpn: string[] = [];
  readonly versions: number[];
  ticketKeyName = '';
  hasEncryptedHello = false;

  constructor(version: number) {
    this.versions = [version];
  }
}

/** Reads numbers and vectors one behind another. What reaches beyond the end is empty, and leaves it broken. */
class Fields {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;
  isBroken = false;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Bytes that are left. */
  get length(): number {
    return this.#end - this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  skip(count: number): void {
    if (this.length < count) this.#break();
    else this.#at += count;
  }

  /** Of one or two bytes; 0 where they are not there. */
  number(bytes: 1 | 2): number {
    const at = this.#at;
    this.skip(bytes);
    if (this.isBroken) return 0;
    return bytes === 1 ? this.#bytes[at] : (this.#bytes[at] << 8) | this.#bytes[at + 1];
  }

  /** What its length stands in front of. */
  vector(lengthBytes: 1 | 2): Fields {
    const length = this.number(lengthBytes);
    const start = this.#at;
    this.skip(length);
    return new Fields(this.#bytes, start, this.isBroken ? start : this.#at);
  }

  /** All that is left, in latin1. */
  text(): string {
    return this.#bytes.latin1Slice(this.#at, this.#end);
  }

  /** The first bytes of what is left, in hex; `''` where there are fewer. */
  hex(count: number): string {
    return this.length < count ? '' : this.#bytes.toString('hex', this.#at, this.#at + count);
  }

  #break(): void {
    this.isBroken = true;
    this.#at = this.#end;
  }
}
