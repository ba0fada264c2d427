/** The https check: the http check over TLS, the name in the certificate looked at like that of a browser's address. */
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import type { HttpsCheckSpec } from '../core/snapshot.ts';
import { askHttp } from './http-probe.ts';
import { connectIntroduced } from './introduce.ts';
import { asRequests } from './pool-checks.ts';
import { failedBy, voided } from './probe.ts';
import type { Probe } from './probe.ts';
import { CheckFileError, trustFor } from './trusted-certificates.ts';

export const probeHttps: Probe<HttpsCheckSpec> = async (target, signal) => {
  const { check, authority } = target;
  // Loaded by the first check that needs it, and not imported: see the http check.
  const https = process.getBuiltinModule('node:https');
  const { connect } = process.getBuiltinModule('node:tls');
  try {
    const secureContext = await trustFor(check);
    // An address has no place in a hello; Node then looks for the one that it has connected to.
    const given = asRequests(check)?.name ?? '';
    const name = given === '' ? hostOf(check.host || authority) : given;
    const servername = isIP(name) === 0 ? name : '';
    const { checkServerIdentity } = process.getBuiltinModule('node:tls');
    const tls = {
      secureContext,
      servername,
      rejectUnauthorized: check.verify,
      checkServerIdentity: (_host: string, shown: PeerCertificate) => checkServerIdentity(name, shown),
    };
    const socket = connectIntroduced(check, target.address, target.port);
    const over =
      socket === null
        ? { agent: false, ...tls }
        : { createConnection: () => connect({ ...tls, socket, host: target.address }) };
    return await askHttp((options) => https.request({ ...options, ...over }), target, signal);
  } catch (error) {
    // Ours, not the endpoint's.
    if (error instanceof CheckFileError) return voided(error.message);
    return failedBy(error);
  }
};

/** Of `host:port`, `[::1]:port` or a host alone. */
function hostOf(authority: string): string {
  return (
    /^(?:\[(.*)\]|([^:]*))(?::\d+)?$/
      .exec(authority)
      ?.slice(1)
      .find((part) => part !== undefined) ?? authority
  );
}
