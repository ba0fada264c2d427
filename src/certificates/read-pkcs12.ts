/** PKCS#12, as Windows and Java export certificates: chain and key in one encrypted file. */
import type { X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Findings } from './finding.ts';

/** The certificate of the server in it; null: it cannot be opened. */
export function readPkcs12(
  bytes: Buffer,
  passphrase: string,
  file: string,
  findings: Findings,
): X509Certificate | null {
  let context: SecureContext;
  try {
    context = createSecureContext({ pfx: bytes, passphrase });
  } catch (error) {
    return findings.mistake('pkcs12', file, ...describeFailure(error, passphrase));
  }
  const certificate = ownCertificateOf(context);
  if (certificate !== undefined) return certificate;
  return findings.mistake('pkcs12', file, 'it holds no certificate', 'Export it with its chain and its key.');
}

/** Node opens such a file for TLS alone; a connection that goes nowhere says what it would be served with. */
function ownCertificateOf(secureContext: SecureContext): X509Certificate | undefined {
  const nowhere = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const socket = new TLSSocket(nowhere, { isServer: true, secureContext });
  socket.on('error', () => {});
  const certificate = socket.getX509Certificate();
  socket.destroy();
  return certificate;
}

function describeFailure(error: unknown, passphrase: string): [message: string, cure: string] {
  const message = error instanceof Error ? error.message : '';
  if (/mac verify failure|mac verify error/i.test(message)) {
    return passphrase === ''
      ? ['it has a passphrase', 'Name the file with it: passphraseFile.']
      : ['the passphrase does not open it', 'Look into the passphraseFile.'];
  }
  if (/unsupported/i.test(message))
    return [
      'it is encrypted in a way that is not safe any more (RC2)',
      'Export it anew: openssl pkcs12 -legacy -in old.p12 -nodes | openssl pkcs12 -export -out new.p12',
    ];
  return ['it is not in PKCS#12, or not whole', 'Export it anew, e.g. with openssl pkcs12 -export.'];
}
