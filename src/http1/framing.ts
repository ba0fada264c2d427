/** How long a body is: Content-Length and Transfer-Encoding, read strictly (RFC 9112 6). */
import { trimmed } from '../core/blanks.ts';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';

/** Digits of the largest length we can count exactly, 2^53 - 1. */
const MAX_DIGITS = 16;
const ZERO = 0x30;

/** The number of bytes, or -1: empty, signed, a list, not decimal, or more than can be counted exactly. */
export function parseContentLength(value: string): number {
  if (value === '' || value.length > MAX_DIGITS) return -1;
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length <= Number.MAX_SAFE_INTEGER ? length : -1;
}

/** The one coding we speak. */
export function isChunkedOnly(value: string): boolean {
  return value.length === 7 && value.toLowerCase() === 'chunked';
}

/** RFC 9110 10.1.4: a coding with its parameters, no empty list elements. */
const CODINGS =
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[\t ]*;[\t ]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[\t !#-[\]-~]*"))*$/;

/**
 * Why a Transfer-Encoding that is not exactly `chunked` is refused: 501 where it is a well-formed list of
 * codings with one final `chunked`, 400 for all else, since the end of such a message cannot be told.
 */
export function transferEncodingFault(value: string): Fault {
  const codings = value.split(',').map((coding) => trimmed(coding, 0, coding.length));
  const last = codings.pop() as string;
  if (!isChunkedOnly(last) || codings.length === 0) return FAULTS.badTransferEncoding;
  for (const coding of codings) {
    if (!CODINGS.test(coding) || isChunkedOnly(nameOf(coding))) return FAULTS.badTransferEncoding;
  }
  return FAULTS.unknownCoding;
}

function nameOf(coding: string): string {
  const semicolon = coding.indexOf(';');
  return trimmed(coding, 0, semicolon < 0 ? coding.length : semicolon);
}
