/** What endpoints and the log are told of the certificates that clients show. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { readLines, tempFolder } from '../support/access-log.ts';
import {
  CA,
  GOOD,
  MIDDLE,
  OTHER_CA,
  ROGUE_CA,
  SITE,
  VERSIONS,
  as,
  earn,
  runAsking,
  withChain,
} from '../support/asking-listener.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import type { Issued } from '../support/issued-certificates.ts';
import { askTls, openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';
import type { TlsAnswer } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const noChain = Number.parseInt(process.versions.node, 10) < 26 && 'Node 24 does not tell the chain of a client';

describe('what endpoints are told of the certificate of a client', () => {
  /** The header's byte sequences as PEM would have them. */
  const binaries = (text: string | undefined): readonly string[] =>
    [...(text ?? '').matchAll(/:([^:]*):/g)].map(([, base64]) => base64);
  const derOf = ({ cert }: Issued): string => cert.split('\n').slice(1, -2).join('');
  const asked = async (port: number, options: ConnectionOptions): Promise<TlsAnswer['asked']> =>
    (await askTls(port, options)).asked;

  it(
    'what endpoints are told of the certificate of a client is the certificate, and the chain that it has shown',
    { skip: noChain },
    async (t) => {
      const { port } = await runAsking(t, 'forward: on');
      const alone = await asked(port, as(GOOD));
      assert.deepEqual(binaries(alone['client-cert']), [derOf(GOOD)]);
      assert.equal(alone['client-cert'], `:${derOf(GOOD)}:`);
      assert.equal(alone['client-cert-chain'], undefined);

      const inner = issueCertificate({ commonName: 'inner', issuer: MIDDLE });
      const chained = await asked(port, as(withChain(inner, MIDDLE, CA)));
      assert.deepEqual(binaries(chained['client-cert']), [derOf(inner)]);
      assert.deepEqual(binaries(chained['client-cert-chain']), [derOf(MIDDLE)]);
      // What has not issued anything of it is the client's own idea.
      const padded = await asked(port, as(withChain(inner, OTHER_CA, MIDDLE, ROGUE_CA)));
      assert.deepEqual(binaries(padded['client-cert-chain']), [derOf(MIDDLE)]);
    },
  );

  it('what endpoints are told of the certificate of a client has authorities in between that stand in ca', async (t) => {
    const { port } = await runAsking(t, 'forward: on', {}, OTHER_CA.cert + MIDDLE.cert + CA.cert);
    const inner = issueCertificate({ commonName: 'inner', issuer: MIDDLE });
    assert.deepEqual(binaries((await asked(port, as(inner)))['client-cert-chain']), [derOf(MIDDLE)]);
    assert.equal((await asked(port, as(GOOD)))['client-cert-chain'], undefined);
  });

  it(
    'what endpoints are told of the certificate of a client is the same on each of its connections',
    { skip: noChain },
    async (t) => {
      const { port } = await runAsking(t, 'forward: on');
      const inner = issueCertificate({ commonName: 'inner', issuer: MIDDLE });
      for (const maxVersion of VERSIONS) {
        const options = as(withChain(inner, MIDDLE), { maxVersion });
        const socket = await openTls(port, options);
        let session: Buffer | undefined = socket.getSession();
        socket.on('session', (ticket: Buffer) => (session = ticket));
        await requestOver(socket);
        socket.destroy();
        const again = await askTls(port, { ...options, ...(session === undefined ? {} : { session }) });
        assert.deepEqual([again.isResumed, again.status], [false, 200]);
        assert.deepEqual(binaries(again.asked['client-cert-chain']), [derOf(MIDDLE)]);
      }
    },
  );

  it('what endpoints are told of the certificate of a client is nothing where it has shown none, or they are not to be told', async (t) => {
    const optional = await runAsking(t, 'forward: on, require: off');
    assert.equal((await asked(optional.port, { servername: 'secure.example' }))['client-cert'], undefined);
    assert.deepEqual(binaries((await asked(optional.port, as(GOOD)))['client-cert']), [derOf(GOOD)]);
    const silent = await runAsking(t);
    assert.equal((await asked(silent.port, as(GOOD)))['client-cert'], undefined);
    const some = await runAsking(t, 'forward: on, names: [other.example]');
    assert.equal((await asked(some.port, as(GOOD)))['client-cert'], undefined);
  });

  it('what endpoints are told of the certificate of a client is never what the client says, with TLS or without', async (t) => {
    const lies = [
      'Client-Cert: :TElF:',
      'client-cert-chain: :TElF:',
      'X-Forwarded-Tls-Client-Cert: TElF',
      'X-Forwarded-Tls-Client-Cert-Info: Subject="CN=root"',
      'Client_Cert: :TElF:',
    ].join('\r\n');
    const secure = await runAsking(t, 'forward: on', { more: 'trustedProxies: [127.0.0.0/8]' });
    const plain = await runTls(t, (folder) => `certificates: ${writePair(folder, 'site.pem', SITE)}`, {
      edit: (text) => `${text.replace(/tls: \{[^}]*\}/, 'tls: off')}\ntrustedProxies: [127.0.0.0/8]`,
    });
    const socket = await openTls(secure.port, as(GOOD));
    const told = await requestOver(socket, `secure.example\r\n${lies}`);
    socket.destroy();
    assert.equal(told.asked['client-cert'], `:${derOf(GOOD)}:`);
    const response = await fetch(`http://127.0.0.1:${plain.port}/`, {
      headers: Object.fromEntries(lies.split('\r\n').map((line) => line.split(': ') as [string, string])),
    });
    const { headers } = (await response.json()) as { headers: Record<string, string> };
    for (const asked of [told.asked, headers]) {
      const names = Object.keys(asked).filter((name) => /cert|tls/i.test(name));
      assert.deepEqual(names, asked === headers ? [] : ['client-cert']);
    }
  });
});

test('the log has the fingerprint of a client’s certificate, of resumed sessions as well, and of clients that have left', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const more = `accessLog: { format: "$clientCert $tlsResumed $status", to: { file: ${file} } }`;
  const { port } = await runAsking(t, 'require: off', { more });
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  const fingerprint = new X509Certificate(GOOD.cert).fingerprint256.replaceAll(':', '').toLowerCase();
  for (const maxVersion of VERSIONS) {
    const session = await earn(port, as(GOOD, { maxVersion }));
    await askTls(port, { servername: 'secure.example', maxVersion, session });
  }
  await askTls(port, { servername: 'secure.example' });
  await until(() => readLines(file).length === 5, 'five lines');
  const both = [`${fingerprint} false 200`, `${fingerprint} true 200`];
  assert.deepEqual(readLines(file).slice(0, 4), [...both, ...both]);
  assert.match(readLines(file)[4], /^-? false 200$/);
});
