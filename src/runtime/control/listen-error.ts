import type { ListenerSpec } from '../../core/snapshot.ts';
import { addressText } from '../shared/listener-key.ts';

/** A listener could not be opened. `message` names it, its address and the reason. */
export class ListenError extends Error {
  readonly code = 'FL_LISTEN';
  /** The system's own, e.g. `EADDRINUSE`. */
  readonly reason: string;
  /** The port that was wanted. */
  readonly port: number;
  override readonly name = 'ListenError';

  /** @internal */
  constructor(spec: ListenerSpec, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const text = REASONS[reason];
    const why = text === undefined ? reason : `${text} (${reason})`;
    super(`listener ${spec.id}: cannot listen on ${addressText(spec)}: ${why}`, { cause });
    this.reason = reason;
    this.port = spec.port;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use that port',
  EADDRNOTAVAIL: 'this machine does not have that address',
};
