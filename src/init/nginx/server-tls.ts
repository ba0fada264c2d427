/** How the servers of one address of nginx end TLS, as `tls` of a listener. */
import type { CertificateInput, ListenerTlsInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import { clientCertificateOf } from './client-certificates.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';

const OLD_VERSION = /^(?:SSLv\d|TLSv1(?:\.1)?)$/;
/** Its value is worked out for each client, or comes from a device. */
const COMPUTED = /\$|^(?:data|engine|store):/;

/**
 * The first server is the default one of its address: its certificate is for clients that ask for no name, and its
 * versions are everybody's. Null: no server has a certificate that could be taken over.
 */
export function tlsOf(servers: readonly Directive[], scope: Scope, report: Report): ListenerTlsInput | null {
  const scopes = servers.map((server) => scope.inner(server.children));
  const certificates = scopes.flatMap((each) => readCertificates(each, report));
  const unique = [...new Map(certificates.map((each) => [JSON.stringify(each), each])).values()];
  if (unique.length === 0) return null;
  const [byDefault, ...others] = scopes;
  const isOnlyNewest = readsOnlyNewest(byDefault, report);
  const isRefusing = readRefusal(byDefault, others, report);
  const clientCertificate = clientCertificateOf(scopes, report);
  for (const protocols of others.map((each) => each.find('ssl_protocols'))) {
    if (protocols === null || protocols === byDefault.find('ssl_protocols')) continue;
    report.same(protocols, 'the default server of an address decides on versions, here as there');
  }
  return {
    certificates: unique,
    ...(isOnlyNewest ? { minVersion: '1.3' } : {}),
    ...(isRefusing ? { unknownName: 'refuse' } : {}),
    ...(clientCertificate === null ? {} : { clientCertificate }),
  };
}

/** Each with its key: they stand in one order. */
function readCertificates(scope: Scope, report: Report): readonly CertificateInput[] {
  const chains = scope.findAll('ssl_certificate');
  const keys = scope.findAll('ssl_certificate_key');
  const passphrase = readPassphraseFile(scope, report);
  const ocsp = readOcsp(scope, chains.length, report);
  return chains.flatMap((chain, index): readonly CertificateInput[] => {
    const from = keys.at(index);
    const cert = chain.args.at(0) ?? '';
    const key = from?.args.at(0) ?? '';
    if (from === undefined || cert === '' || COMPUTED.test(cert) || COMPUTED.test(key)) {
      const reason = from === undefined ? 'each certificate has its key here' : 'certificates and keys are files here';
      for (const each of from === undefined ? [chain] : [chain, from]) report.leave(each, reason);
      return [];
    }
    report.take(from);
    if (cert.startsWith('/') && key.startsWith('/')) report.take(chain);
    else report.differ(chain, 'nginx looks for it in its own folder, and Fairlead in that of this file');
    return [{ cert, key, ...passphrase, ...ocsp }];
  });
}

function readPassphraseFile(scope: Scope, report: Report): Pick<CertificateInput, 'passphraseFile'> {
  const from = scope.find('ssl_password_file');
  const [passphraseFile] = from?.args ?? [];
  if (from === null || passphraseFile === undefined) return {};
  report.differ(from, 'the passphrase is the first line of the file, and no other line is tried');
  return { passphraseFile };
}

function readOcsp(scope: Scope, certificates: number, report: Report): Pick<CertificateInput, 'ocsp'> {
  const from = scope.find('ssl_stapling_file');
  const [ocsp] = from?.args ?? [];
  if (from === null || ocsp === undefined || scope.find('ssl_stapling')?.args[0] !== 'on') return {};
  if (certificates > 1) {
    report.leave(from, 'each certificate has an answer of its own: ocsp');
    return {};
  }
  report.take(from);
  for (const stapling of scope.findAll('ssl_stapling')) report.take(stapling);
  return { ocsp };
}

function readsOnlyNewest(scope: Scope, report: Report): boolean {
  const protocols = scope.find('ssl_protocols');
  if (protocols === null) return false;
  report.take(protocols);
  const { args } = protocols;
  const old = args.filter((word) => OLD_VERSION.test(word));
  if (old.length > 0) report.differ(protocols, 'TLS below 1.2 is not spoken here', old.join(' '));
  if (!args.includes('TLSv1.3')) report.differ(protocols, 'TLS 1.3 is spoken as well');
  return args.includes('TLSv1.3') && !args.includes('TLSv1.2');
}

/** Whether clients are refused that ask for a name of no other server. */
function readRefusal(byDefault: Scope, others: readonly Scope[], report: Report): boolean {
  for (const reject of others.flatMap((scope) => scope.findAll('ssl_reject_handshake'))) {
    if (reject.args[0] === 'on' && !byDefault.findAll('ssl_reject_handshake').includes(reject))
      report.leave(reject, 'its names get the certificate of the default server');
  }
  const reject = byDefault.find('ssl_reject_handshake');
  if (reject === null) return false;
  report.take(reject);
  if (reject.args[0] !== 'on') return false;
  report.differ(reject, 'a name is known here where a certificate is for it, not where it is a server_name');
  return true;
}
