/**
 * Connection (RFC 9110 7.6.1): a list of options, each of which may also name a header that is meant for the
 * next hop alone and goes no further.
 *
 * Naming some headers has no effect: they stay. Otherwise a client could remove from its request what a proxy in front
 * of us has added, or what the endpoint makes decisions by.
 */

import { trimmed } from '../core/blanks.ts';

export interface ConnectionOptions {
  hasClose: boolean;
  hasKeepAlive: boolean;
  hasUpgrade: boolean;
  /** Names of headers that go no further, lower case; null: none but the usual ones. */
  named: Set<string> | null;
}

const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'cookie',
  'forwarded',
  'via',
]);

/** Whether a header, named in lower case, stays whatever Connection says. */
function isProtected(name: string): boolean {
  return PROTECTED.has(name) || name.startsWith('x-forwarded-');
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/**
 * Adds the options of one Connection line. Several lines add up; empty list elements are allowed (RFC 9110
 * 5.6.1.2). False: not a list of tokens.
 */
export function applyConnection(value: string, options: ConnectionOptions): boolean {
  if (value === 'keep-alive' || value === 'Keep-Alive') {
    options.hasKeepAlive = true;
    return true;
  }
  const list = value.toLowerCase();
  for (let start = 0; start < list.length;) {
    const comma = list.indexOf(',', start);
    const end = comma < 0 ? list.length : comma;
    const option = trimmed(list, start, end);
    start = end + 1;
    if (option === '') continue;
    if (!TOKEN.test(option)) return false;
    applyOption(option, options);
  }
  return true;
}

function applyOption(option: string, options: ConnectionOptions): void {
  switch (option) {
    case 'close':
      options.hasClose = true;
      return;
    case 'keep-alive':
      options.hasKeepAlive = true;
      return;
    case 'upgrade':
      options.hasUpgrade = true;
      return;
    // These are taken out of every request and response head anyway.
    case 'te':
    case 'proxy-connection':
      return;
    default:
      if (isProtected(option)) return;
      options.named ??= new Set();
      options.named.add(option);
  }
}
