/**
 * Which rule an endpoint's answer broke, in a few words for the log and for `stats()`. Looked for only after the answer
 * has been refused, so that reading one that is good costs nothing for it.
 */
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';

const LONE_LF = /(?:^|[^\r])\n/;
const LONE_CR = /\r(?!\n)/;
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const FOLDED = /\r\n[\t ]/;
const BLANK_BEFORE_COLON = /^[^:\r\n]*[\t ]:/m;

/** What is wrong with the bytes of a head, whatever they say; null: nothing. Text that is not complete may end with CR. */
export function brokenBytes(text: string): string | null {
  if (LONE_LF.test(text)) return 'lone LF in head';
  if (LONE_CR.test(text.endsWith('\r') ? text.slice(0, -1) : text)) return 'lone CR in head';
  return CONTROL.test(text) ? 'control character in head' : null;
}

/** Why the header lines of `text`, which begins with its status line, were refused. */
export function brokenLines(fault: Fault | null, text: string): string {
  switch (fault) {
    case FAULTS.headTooLarge:
      return 'too many header lines';
    case FAULTS.badContentLength:
      return 'repeated or malformed Content-Length';
    case FAULTS.badTransferEncoding:
      return 'malformed Transfer-Encoding, or Content-Length beside it';
    case FAULTS.unknownCoding:
      return 'transfer coding other than chunked';
    case FAULTS.badConnection:
      return 'malformed Connection';
    default:
      return brokenBytes(text) ?? brokenForm(text.slice(text.indexOf('\n') + 1));
  }
}

function brokenForm(lines: string): string {
  if (FOLDED.test(lines) || /^[\t ]/.test(lines)) return 'folded header line';
  return BLANK_BEFORE_COLON.test(lines) ? 'blank before a colon' : 'malformed header line';
}
