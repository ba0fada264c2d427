/** Trailers (RFC 9110 6.5): header lines behind a chunked body. */
import { nameOf, nextLine } from '../core/http/header-lines.ts';
import { isHeaderBlock } from './header-block.ts';

/** Bytes of trailers, and lines. */
export const MAX_TRAILER_BYTES = 8192;
const MAX_TRAILERS = 100;

/**
 * Headers that must be known before the body and would change its meaning after it: framing, routing, authentication,
 * request modifiers, and how the content is read (RFC 9110 6.5.1).
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'client-cert',
  'client-cert-chain',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'location',
  'max-forwards',
  'proxy',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'www-authenticate',
  'x-request-id',
]);

/** Whether `lines` are well-formed header lines, none of which must not stand here. */
export function areTrailersValid(lines: string): boolean {
  if (!isHeaderBlock(lines, 0, lines.length)) return false;
  let count = 0;
  for (let at = 0; at < lines.length; at = nextLine(lines, at)) {
    // CGI-like servers do not tell `_` from `-`.
    const name = nameOf(lines, at).replaceAll('_', '-');
    if (FORBIDDEN.has(name) || name.startsWith('x-forwarded-') || ++count > MAX_TRAILERS) return false;
  }
  return true;
}
