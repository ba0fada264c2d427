/**
 * What a key of requests is made of, as it is written in a config: `client`, `client/24`, `peer`, `route`, `host`,
 * `listener`, `path`, `url`, `header.NAME`, `cookie.NAME`, `query.NAME`.
 */

/** One part of a key. Bits of an address count from its beginning. */
export type KeyPart =
  | { readonly kind: 'client' | 'peer'; readonly bits4: number; readonly bits6: number }
  | { readonly kind: 'route' | 'host' | 'listener' | 'path' | 'url' }
  | { readonly kind: 'header' | 'cookie' | 'query'; readonly name: string };

/** A household or a server has a /64 of IPv6, and any address in it. */
const DEFAULT_BITS6 = 64;
const MAX_BITS4 = 32;
const MAX_BITS6 = 128;
const NAMED = /^(header|cookie|query)\.(.+)$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Null for what is no part of a key. Of `client/N` up to 32 says how much of an IPv4 address counts, above of IPv6. */
export function parseKeyPart(text: string): KeyPart | null {
  switch (text) {
    case 'route':
    case 'host':
    case 'listener':
    case 'path':
    case 'url':
      return { kind: text };
    default:
  }
  const [word, bits, ...rest] = text.split('/');
  if ((word === 'client' || word === 'peer') && rest.length === 0) return addressPart(word, bits);
  const named = NAMED.exec(text);
  if (named === null) return null;
  const kind = named[1] as 'header' | 'cookie' | 'query';
  if (kind === 'query') return { kind, name: named[2] };
  if (!TOKEN.test(named[2])) return null;
  return { kind, name: kind === 'header' ? named[2].toLowerCase() : named[2] };
}

function addressPart(kind: 'client' | 'peer', written: string | undefined): KeyPart | null {
  if (written === undefined) return { kind, bits4: MAX_BITS4, bits6: DEFAULT_BITS6 };
  if (!/^[1-9][0-9]{0,2}$/.test(written)) return null;
  const bits = Number(written);
  if (bits > MAX_BITS6) return null;
  return bits <= MAX_BITS4 ? { kind, bits4: bits, bits6: DEFAULT_BITS6 } : { kind, bits4: MAX_BITS4, bits6: bits };
}
