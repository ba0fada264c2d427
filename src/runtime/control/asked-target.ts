/** A request target that somebody asks about, read by the rules by which one is read that a client sends. */
import { FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import type { Scheme } from '../../core/snapshot.ts';
import { RequestLine } from '../../http1/request-line.ts';

export interface AskedTarget {
  /** Path and query. */
  readonly target: string;
  /** In its normal form; `''`: the target names none. */
  readonly host: string;
  /** Null: the target names none. */
  readonly scheme: Scheme | null;
}

/** `text` is a path or a URL, for a GET; `maxTarget` is `limits.target`. A fault is what such a request is answered. */
export function readAskedTarget(text: string, maxTarget: number): AskedTarget | Fault {
  const line = new RequestLine();
  const isRead = line.parse(`GET ${text} HTTP/1.1`, maxTarget);
  // Its own faults are of the target: the rest of the line is ours.
  if (!isRead) return line.fault?.code === FAULTS.targetTooLong.code ? FAULTS.targetTooLong : FAULTS.badTarget;
  const scheme = line.defaultPort === 443 ? 'https' : 'http';
  return { target: line.target, host: line.authority?.host ?? '', scheme: line.authority === null ? null : scheme };
}
