/** What a system error says about a connection, in the words of {@link CloseKind}. */
import type { CloseKind, CloseReason } from '../transport.ts';

const CONNECT_KINDS: Readonly<Record<string, CloseKind>> = {
  ECONNREFUSED: 'refused',
  /** A unix socket whose file is not there. */
  ENOENT: 'refused',
  ECONNRESET: 'reset',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'unreachable',
  /** The backlog of a unix socket is full: where TCP would try on, this connect has failed. */
  EAGAIN: 'unreachable',
  EMFILE: 'ours',
  ENFILE: 'ours',
  EADDRNOTAVAIL: 'ours',
  EADDRINUSE: 'ours',
  ENOMEM: 'ours',
  ENOBUFS: 'ours',
  EACCES: 'ours',
  EPERM: 'ours',
};

const ESTABLISHED_KINDS: Readonly<Record<string, CloseKind>> = {
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  /** A shutdown that finds the connection already reset. */
  ENOTCONN: 'reset',
};

export const CLOSED_AT_END: CloseReason = Object.freeze({ kind: 'end', code: '' });
export const CLOSED_TRUNCATED: CloseReason = Object.freeze({ kind: 'truncated', code: '' });
export const CLOSED_LOCALLY: CloseReason = Object.freeze({ kind: 'local', code: '' });

/** The code of an error of the system, of Node or of OpenSSL. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function closeReasonOf(error: unknown, wasConnected: boolean): CloseReason {
  const code = codeOf(error);
  const kinds = wasConnected ? ESTABLISHED_KINDS : CONNECT_KINDS;
  return { kind: kinds[code] ?? 'error', code };
}
