/** Clients that show a certificate: who comes in, who does not, and whose sessions go on. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../support/access-log.ts';
import {
  CA,
  GOOD,
  MIDDLE,
  OTHER_CA,
  ROGUE_CA,
  SITE,
  VERSIONS,
  as,
  comesIn,
  earn,
  runAsking,
  tlsKeys,
  withChain,
} from '../support/asking-listener.ts';
import { issueCertificate, revoke } from '../support/issued-certificates.ts';
import { configOf } from '../support/running-balancer.ts';
import { askTls, handshakesOf, runTls, writePair } from '../support/tls-balancer.ts';
import type { TlsBalancer } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const CLIENTS = {
  good: GOOD,
  'of another authority': issueCertificate({ commonName: 'stranger', issuer: OTHER_CA }),
  'of a rogue authority with the same name': issueCertificate({ commonName: 'rogue', issuer: ROGUE_CA }),
  'that signs itself': issueCertificate({ commonName: 'self' }),
  'for servers': issueCertificate({ commonName: 'server', issuer: CA, purpose: 'server' }),
  'that has expired': issueCertificate({ commonName: 'old', issuer: CA, fromDays: -90, toDays: -1 }),
  'that is not valid yet': issueCertificate({ commonName: 'early', issuer: CA, fromDays: 1 }),
} as const;

for (const maxVersion of VERSIONS) {
  describe(`clients that are to show a certificate in ${maxVersion}`, () => {
    it(`a client comes in with a good certificate alone where one is required, in ${maxVersion}`, async (t) => {
      const balancer = await runAsking(t);
      for (const [what, issued] of Object.entries(CLIENTS)) {
        assert.equal(await comesIn(balancer.port, as(issued, { maxVersion })), what === 'good', what);
      }
      assert.equal(await comesIn(balancer.port, { servername: 'secure.example', maxVersion }), false);
      await until(
        () => handshakesOf(balancer).failures['certificate-rejected'] === Object.keys(CLIENTS).length - 1,
        () => JSON.stringify(handshakesOf(balancer)),
      );
      assert.equal(handshakesOf(balancer).failures['certificate-missing'], 1);
      assert.equal(handshakesOf(balancer).done, 1);
    });

    it(`a client comes in without a certificate and not with a bad one where none is required, in ${maxVersion}`, async (t) => {
      const balancer = await runAsking(t, 'require: off');
      assert.equal(await comesIn(balancer.port, { servername: 'secure.example', maxVersion }), true);
      for (const [what, issued] of Object.entries(CLIENTS)) {
        assert.equal(await comesIn(balancer.port, as(issued, { maxVersion })), what === 'good', what);
      }
      await until(
        () => handshakesOf(balancer).failures['certificate-rejected'] === Object.keys(CLIENTS).length - 1,
        () => JSON.stringify(handshakesOf(balancer)),
      );
    });

    it(`what was wrong with a client's certificate is told with OpenSSL's code, in ${maxVersion}`, async (t) => {
      const codes = {
        'of another authority': /UNABLE_TO_(?:GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)/,
        'that signs itself': /DEPTH_ZERO_SELF_SIGNED_CERT/,
        'for servers': /INVALID_PURPOSE/,
        'that has expired': /CERT_HAS_EXPIRED/,
        'that is not valid yet': /CERT_NOT_YET_VALID/,
      } as const;
      for (const [what, code] of Object.entries(codes)) {
        const { port, handshakeEvents } = await runAsking(t);
        await comesIn(port, as(CLIENTS[what as keyof typeof codes], { maxVersion }));
        await until(() => handshakeEvents.length === 1, what);
        assert.equal(handshakeEvents[0].reason, 'certificate-rejected');
        assert.match(handshakeEvents[0].code, code);
        assert.equal(handshakeEvents[0].serverName, 'secure.example');
      }
    });

    it(`a session goes on with its certificate, and under no other policy than its own, in ${maxVersion}`, async (t) => {
      const file = join(tempFolder(t), 'tickets.key');
      writeFileSync(file, Buffer.alloc(48, 7).toString('base64'), { mode: 0o600 });
      // Every listener has the same name and the same key of tickets: only the policies differ.
      const shared = (keys: string): string => `${keys}, ticketKeys: ${file}`;
      const open = await runTls(t, (folder) => shared(`certificates: ${writePair(folder, 'site.pem', SITE)}`));
      const withPolicy = async (keys: string, ca = CA.cert): Promise<TlsBalancer> =>
        runTls(t, (folder) => {
          writeFileSync(join(folder, 'clients.pem'), ca);
          return shared(tlsKeys(folder, keys));
        });
      const optional = await withPolicy('require: off');
      const otherAuthority = await withPolicy('', OTHER_CA.cert);
      const required = await withPolicy('');
      const options = { servername: 'secure.example', maxVersion } as const;

      const own = await earn(required.port, as(GOOD, { maxVersion }));
      const resumed = await askTls(required.port, { ...options, session: own });
      assert.deepEqual(
        [resumed.isResumed, resumed.status],
        [true, 200],
        'its own goes on, and needs no certificate again',
      );
      // The certificate is looked at anew where the session is not of this policy.
      assert.equal((await askTls(optional.port, { ...options, session: own })).isResumed, false);

      const stranger = CLIENTS['of another authority'];
      const foreign = {
        'an open listener': await earn(open.port, options),
        'one where it is optional, without a certificate': await earn(optional.port, options),
        'one where it is optional, with one': await earn(optional.port, as(GOOD, { maxVersion })),
        'one with another authority': await earn(otherAuthority.port, as(stranger, { maxVersion })),
      };
      for (const [what, session] of Object.entries(foreign)) {
        assert.equal(await comesIn(required.port, { ...options, session }), false, `a ticket from ${what}`);
        const whole = await askTls(required.port, as(GOOD, { maxVersion, session }));
        assert.deepEqual([whole.isResumed, whole.status], [false, 200], what);
      }
    });

    it(`a session does not go on once the certificate of its client has expired, in ${maxVersion}`, async (t) => {
      // In this thread, whose calendar is ours.
      const { port, handshakeEvents } = await runAsking(t, '', { threads: 0 });
      const options = { servername: 'secure.example', maxVersion } as const;
      const session = await earn(port, as(GOOD, { maxVersion }));
      assert.equal((await askTls(port, { ...options, session })).isResumed, true);
      const now = Date.now.bind(Date);
      const calendar = t.mock.method(Date, 'now', () => now() + 100 * 86_400_000);
      assert.equal(await comesIn(port, { ...options, session }), false);
      calendar.mock.restore();
      assert.equal((await askTls(port, { ...options, session })).isResumed, true, 'it was for that alone');
      await until(() => handshakeEvents.length > 0, 'it is told');
      assert.deepEqual(
        handshakeEvents.map(({ reason, code }) => [reason, code]),
        [['certificate-rejected', 'CERT_HAS_EXPIRED']],
      );
    });

    it(`a session does not go on once the authorities or what they have revoked has changed, in ${maxVersion}`, async (t) => {
      const { balancer, port, folder, config, certificateEvents } = await runAsking(t);
      const options = { servername: 'secure.example', maxVersion } as const;
      const reload = async (keys = ''): Promise<void> => {
        await balancer.reload(configOf(config(tlsKeys(folder, keys))));
      };
      const session = await earn(port, as(GOOD, { maxVersion }));
      await reload();
      assert.equal((await askTls(port, { ...options, session })).isResumed, true, 'nothing has changed');

      writeFileSync(join(folder, 'clients.pem'), CA.cert + OTHER_CA.cert);
      await reload();
      assert.equal(await comesIn(port, { ...options, session }), false);
      assert.equal(await comesIn(port, as(GOOD, { maxVersion, session })), true);
      assert.equal(await comesIn(port, as(CLIENTS['of another authority'], { maxVersion })), true);
      assert.match(certificateEvents.at(-1)?.file ?? '', /clients\.pem$/);
      assert.equal(certificateEvents.at(-1)?.change, 'renewed');

      writeFileSync(join(folder, 'clients.crl'), revoke(CA, []) + revoke(OTHER_CA, []));
      const crl = `crl: ${folder}/clients.crl`;
      await reload(crl);
      const before = await earn(port, as(GOOD, { maxVersion }));
      assert.equal((await askTls(port, { ...options, session: before })).isResumed, true);
      writeFileSync(join(folder, 'clients.crl'), revoke(CA, [GOOD]) + revoke(OTHER_CA, []));
      await reload(crl);
      assert.equal(await comesIn(port, { ...options, session: before }), false);
      assert.equal(await comesIn(port, as(GOOD, { maxVersion, session: before })), false, 'it is revoked');
      assert.equal(await comesIn(port, as(CLIENTS['of another authority'], { maxVersion })), true);
      assert.match(certificateEvents.at(-1)?.file ?? '', /clients\.crl$/);
    });
  });
}

describe('what clients are judged by', () => {
  it('what clients are judged by stays while its files are broken, and a config that would judge in another way is refused', async (t) => {
    const { balancer, port, folder, config, certificateEvents } = await runAsking(t);
    const reload = (keys: string): Promise<unknown> => balancer.reload(configOf(config(keys)));
    const ca = join(folder, 'clients.pem');
    writeFileSync(ca, 'no certificate');
    await reload(tlsKeys(folder));
    assert.deepEqual(
      certificateEvents.map(({ change, file }) => [change, file]),
      [['unusable', ca]],
    );
    assert.equal(await comesIn(port, as(GOOD)), true);
    assert.equal(await comesIn(port, { servername: 'secure.example' }), false);
    // With a slip in its path, a policy would be none at all.
    await assert.rejects(reload(tlsKeys(folder, 'names: [secure.example]')), { code: 'FL_CERTIFICATE' });
    const open = `certificates: ${folder}/site.pem`;
    await reload(open);
    assert.equal(await comesIn(port, { servername: 'secure.example' }), true);
    await assert.rejects(reload(tlsKeys(folder)), /holds no certificate in PEM/);
    // Nor is it left out because of something else that is broken.
    writeFileSync(ca, CA.cert);
    writeFileSync(join(folder, 'site.pem'), SITE.cert);
    await assert.rejects(reload(`${open}, clientCertificate: { ca: ${ca} }`), /holds no private key/);
    await reload(tlsKeys(folder));
    assert.equal(await comesIn(port, { servername: 'secure.example' }), false);
    assert.equal(await comesIn(port, as(GOOD)), true);
  });

  it('what clients are judged by has authorities in between that clients show themselves', async (t) => {
    const { port } = await runAsking(t);
    const client = issueCertificate({ commonName: 'inner', issuer: MIDDLE });
    assert.equal(await comesIn(port, as(withChain(client, MIDDLE))), true);
    assert.equal(await comesIn(port, as(client)), false);
  });
});
