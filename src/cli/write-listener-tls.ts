/** `tls` of a listener as a config file says it. */
import type { AcmeSpec } from '../core/acme.ts';
import type { ListenerTls } from '../core/snapshot.ts';
import type { CertificateSource, ClientCertificateSpec } from '../core/tls-files.ts';
import { onOff } from './written-units.ts';

export function writeListenerTls(tls: ListenerTls | null): unknown {
  if (tls === null) return 'off';
  const { certificates, acme, ticketKeys, passthrough = [], clientCertificate, ...rest } = tls;
  return {
    ...(certificates.length === 0 ? {} : { certificates: certificates.map(writeSource) }),
    ...(acme.length === 0 ? {} : { acme }),
    ...rest,
    ...(ticketKeys === '' ? {} : { ticketKeys }),
    ...(passthrough.length === 0
      ? {}
      : { passthrough: Object.fromEntries(passthrough.map(({ name, to }) => [name, to.pool])) }),
    clientCertificate: clientCertificate === null ? 'off' : writeClientCertificate(clientCertificate),
  };
}

function writeClientCertificate({ ca, require: isRequired, names, forward, crl }: ClientCertificateSpec): unknown {
  return {
    ca,
    require: onOff(isRequired),
    ...(names.length === 0 ? {} : { names }),
    forward: onOff(forward),
    ...(crl === '' ? {} : { crl }),
  };
}

/** `acme` beside the listeners; what is undefined is left out. */
export function writeAcme({ email, ca, ...rest }: AcmeSpec): Record<string, unknown> {
  return { terms: 'agreed', email: email === '' ? undefined : email, ...rest, ca: ca === '' ? undefined : ca };
}

function writeSource(files: CertificateSource): unknown {
  return Object.fromEntries(Object.entries(files).filter(([, file]) => file !== ''));
}
