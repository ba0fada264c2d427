/** Certificates that programs on this machine trust. */

/** `NODE_EXTRA_CA_CERTS` too; Node's own list where there are none, as in a bare container. PEM. */
export function systemCertificates(): string[] {
  const { getCACertificates } = process.getBuiltinModule('node:tls');
  const installed = getCACertificates('system');
  return [...(installed.length > 0 ? installed : getCACertificates('bundled')), ...getCACertificates('extra')];
}
