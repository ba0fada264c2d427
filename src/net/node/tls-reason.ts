/** What an error of TLS says, of a connection that is over and of a client's handshake. */
import { isCertificateCode } from '../certificate-code.ts';
import type { TlsFailure, TlsFailureReason } from '../tls.ts';
import type { CloseReason } from '../transport.ts';
import { codeOf } from './close-reason.ts';

/** The most of what a peer has written that goes into a reason. */
const MOST_DETAIL = 255;

/** Codes of OpenSSL begin with `ERR_SSL_`; an alert that came from the other side has `ALERT` in its code. */
const REASONS: readonly (readonly [pattern: RegExp, reason: TlsFailureReason])[] = [
  [/^ERR_TLS_HANDSHAKE_TIMEOUT$/, 'timeout'],
  [/UNSUPPORTED_PROTOCOL|VERSION/, 'version'],
  [/NO_APPLICATION_PROTOCOL/, 'alpn'],
  [/DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_REQUIRED/, 'certificate-missing'],
  [/CERTIFICATE|UNKNOWN_CA/, 'certificate-rejected'],
  [/CIPHER|HANDSHAKE_FAILURE|KEY_SHARE|GROUP|CURVE|SIGNATURE_ALGORITHM|SHARED_SIGALGS/, 'cipher'],
];

/** Node names an option of its own, which is no cure here: authorities stand in the config. */
const NODES_ADVICE = /; if the root CA is installed locally.*$/s;

/** Of an error within a handshake, or of a record after it. `certificate`: what the peer has shown, as far as it is known. */
export function tlsReasonOf(error: unknown, certificate = ''): CloseReason {
  const code = codeOf(error);
  if (!isCertificateCode(code) || !(error instanceof Error)) return { kind: 'tls', code };
  return { kind: 'tls', code, detail: printable(explain(error, code, certificate)) };
}

function explain(error: Error, code: string, certificate: string): string {
  // What Node says then is the names that were found and expected, at length.
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' && certificate !== '') return certificate;
  const text = error.message.replace(NODES_ADVICE, '');
  return certificate === '' ? text : `${text}; ${certificate}`;
}

/** `authorizationError`: what was wrong with the client's certificate; Node cuts such a connection without saying so. */
export function tlsFailureOf(error: unknown, authorizationError: unknown): TlsFailure {
  if (typeof authorizationError === 'string' && authorizationError !== '')
    return { reason: 'certificate-rejected', code: authorizationError };
  const code = codeOf(error);
  // Node's own error says that the connection was closed; one of the system has a call that failed.
  if (code === 'ECONNRESET') return { reason: error instanceof Error && 'syscall' in error ? 'reset' : 'closed', code };
  return { reason: REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? 'other', code };
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, MOST_DETAIL);
}
