import type { ListenerSpec } from '../../core/snapshot.ts';
import { isUnixAddress } from '../../core/unix-address.ts';
import { addressText } from '../shared/listener-key.ts';

/** A listener could not be opened. `message` names it, its address and the reason. */
export class ListenError extends Error {
  readonly code = 'FL_LISTEN';
  /** The system's own, e.g. `EADDRINUSE`; of a unix socket `NO_SUCH_GROUP` as well. */
  readonly reason: string;
  /** The address that was wanted, `''` for every one; of a unix socket `unix:/path`. */
  readonly host: string;
  /** The port that was wanted. */
  readonly port: number;
  /** That port is one of UDP. */
  readonly isUdp: boolean;
  override readonly name = 'ListenError';

  /** @internal */
  constructor(spec: ListenerSpec, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const text = (isUnixAddress(spec.host) ? SOCKET_REASONS : REASONS)[reason];
    const why = text === undefined ? reason : `${text} (${reason})`;
    const protocol = spec.udp === undefined ? '' : ' by UDP';
    super(`listener ${spec.id}: cannot listen on ${addressText(spec)}${protocol}: ${why}`, { cause });
    this.reason = reason;
    this.host = spec.host;
    this.port = spec.port;
    this.isUdp = spec.udp !== undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use that port',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

const SOCKET_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EEXIST: 'there is a file, and it is no socket',
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user may not make a socket there',
  EPERM: 'this user may not give it that group',
  NO_SUCH_GROUP: 'there is no such group in /etc/group',
};
