/** `tls` of a listener as a config file says it. */
import type { CertificateSource, ListenerTls } from '../core/snapshot.ts';

export function writeListenerTls(tls: ListenerTls | null): unknown {
  if (tls === null) return 'off';
  const { certificates, ticketKeys, passthrough = [], ...rest } = tls;
  return {
    ...(certificates.length === 0 ? {} : { certificates: certificates.map(writeSource) }),
    ...rest,
    ...(ticketKeys === '' ? {} : { ticketKeys }),
    ...(passthrough.length === 0
      ? {}
      : { passthrough: Object.fromEntries(passthrough.map(({ name, to }) => [name, to.pool])) }),
  };
}

function writeSource(files: CertificateSource): unknown {
  return Object.fromEntries(Object.entries(files).filter(([, file]) => file !== ''));
}
