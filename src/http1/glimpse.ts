/**
 * What can be read of a request that was refused, for the log: its head may be malformed, too long, or not all there.
 * Only what is certain and printable is taken, and none of it is trusted.
 */

/** What is known of a request; `''` and 0 for what is not. */
export interface Glimpse {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** 10 or 11. */
  readonly version: number;
}

export const NO_GLIMPSE: Glimpse = Object.freeze({ method: '', target: '', host: '', version: 0 });

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
/** As far as it can be printed; a line of a log has no room for more. */
const TARGET = /^[\x21-\x7e]{1,4096}/;
const VERSION = /^HTTP\/1\.([01])$/;
const HOST = /[\r\n]host:[ \t]*([\x21-\x7e]{1,512})[ \t]*[\r\n]/i;
/** Longer ones are cut: that of a target and what stands around it. */
const MOST_LINE = 8192;

/** `head`: what has come of it, latin1; as much or as little as it may be. */
export function glimpseOf(head: string): Glimpse {
  const begin = /^[\r\n]*/.exec(head)?.[0].length ?? 0;
  const line = head.slice(begin, begin + MOST_LINE).split(/[\r\n]/, 1)[0];
  const [method, target = '', version = ''] = line.split(' ', 3);
  const isRequest = METHOD.test(method) && line.length > method.length;
  return {
    method: isRequest ? method : '',
    target: isRequest || target.startsWith('/') ? (TARGET.exec(target)?.[0] ?? '') : '',
    host: HOST.exec(head)?.[1] ?? '',
    version: 10 + Number(VERSION.exec(version)?.[1] ?? -10),
  };
}
