import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { rmSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { issueCertificate } from '../../../test/support/issued-certificates.ts';
import type { CertificateOptions } from '../../../test/support/issued-certificates.ts';
import type { AcmeSpec } from '../../core/acme.ts';
import { CertificateMaker } from './certificate-maker.ts';
import { OwnCertificates } from './own-certificates.ts';

const SPEC: AcmeSpec = { email: '', challenge: 'auto', directory: 'https://ca.example/directory', ca: '' };

async function create(t: TestContext): Promise<OwnCertificates> {
  const maker = await CertificateMaker.load();
  assert.ok(maker);
  return new OwnCertificates(tempFolder(t), SPEC, maker);
}

async function keep(own: OwnCertificates, names: readonly string[], options: CertificateOptions = {}): Promise<void> {
  const { cert, key } = issueCertificate({ names, ...options });
  await own.storage.writeCertificate(names, cert + key);
}

describe('certificates that Fairlead gets by itself', () => {
  it('certificates that Fairlead gets by itself are those that are kept for just these names', async (t) => {
    const own = await create(t);
    await keep(own, ['a.example', 'b.example']);
    const { certificates, findings } = await own.load(['b.example', 'a.example'], Date.now());
    assert.deepEqual(
      certificates.map(({ names, file }) => [names, file]),
      [[['a.example', 'b.example'], own.storage.fileOf(['a.example', 'b.example'])]],
    );
    assert.deepEqual(findings, []);
  });

  it('certificates that Fairlead gets by itself are stood in for by a self-signed one, the same each time, and it is said', async (t) => {
    const own = await create(t);
    const { certificates, findings } = await own.load(['a.example', 'b.example'], Date.now());
    const [{ names, secrets, keyText, fingerprint }] = certificates;
    assert.equal(certificates.length, 1);
    assert.deepEqual(names, ['a.example', 'b.example']);
    assert.equal(keyText, 'ECDSA P-256');
    assert.ok(secrets.kind === 'pem');
    const x509 = new X509Certificate(secrets.chain);
    assert.ok(x509.verify(x509.publicKey));
    assert.deepEqual(
      findings.map(({ isMistake, message }) => [isMistake, message]),
      [[false, 'a.example, b.example: no certificate has come yet, a self-signed one is served']],
    );
    const again = await own.load(['a.example', 'b.example'], Date.now());
    assert.equal(again.certificates[0].fingerprint, fingerprint);
    const later = await own.load(['a.example', 'b.example'], certificates[0].validTo - 1000);
    assert.notEqual(later.certificates[0].fingerprint, fingerprint, 'it is made anew before it expires');
  });

  it('a self-signed certificate that could not be made is tried again', async (t) => {
    const own = await create(t);
    t.mock.method(own.maker, 'selfSigned', () => Promise.reject(new Error('no entropy')), {
      times: 1,
    });
    await assert.rejects(own.load(['a.example'], Date.now()), /no entropy/);
    assert.equal((await own.load(['a.example'], Date.now())).certificates.length, 1);
  });

  it('certificates that were got for another list serve the names they cover until the new one comes', async (t) => {
    const own = await create(t);
    await keep(own, ['a.example'], { commonName: 'earlier', toDays: 20 });
    await keep(own, ['a.example', 'b.example'], { commonName: 'later', toDays: 60 });
    await keep(own, ['c.example'], { toDays: -1, fromDays: -90 });
    const { certificates, findings } = await own.load(['a.example', 'c.example'], Date.now());
    assert.deepEqual(
      certificates.map(({ names, issuer }) => [names.join(), issuer]),
      [
        ['a.example,b.example', 'CN=later'],
        ['c.example', 'CN=Fairlead'],
      ],
    );
    assert.match(findings[0].message, /^c\.example: no certificate/);
  });

  for (const [how, spoil] of [
    ['removed', (file: string) => rmSync(file)],
    ['cut off', (file: string) => truncateSync(file, 300)],
    ['taken away with its folder', (file: string) => rmSync(dirname(file), { recursive: true })],
  ] as const) {
    it(`a certificate whose file is ${how} is served until a new one comes, and it is said`, async (t) => {
      const own = await create(t);
      await keep(own, ['a.example']);
      const before = await own.load(['a.example'], Date.now());
      spoil(own.storage.fileOf(['a.example']));
      const { certificates, findings } = await own.load(['a.example'], Date.now());
      assert.deepEqual(certificates, before.certificates);
      assert.match(findings.at(-1)?.message ?? '', /^the certificate for a\.example is not there any more, and served/);
      await keep(own, ['a.example'], { commonName: 'new' });
      const renewed = await own.load(['a.example'], Date.now());
      assert.deepEqual([renewed.certificates[0].issuer, renewed.findings], ['CN=new', []]);
    });
  }

  it('a certificate that has expired is served until a new one comes, with a warning', async (t) => {
    const own = await create(t);
    await keep(own, ['a.example'], { fromDays: -90, toDays: -1 });
    const { certificates, findings } = await own.load(['a.example'], Date.now());
    assert.equal(certificates[0].issuer, 'CN=a.example');
    assert.match(findings[0].message, /it has expired/);
  });

  for (const [how, text] of [
    ['is cut off', issueCertificate({ names: ['a.example'] }).cert.slice(0, 200)],
    ['has no key', issueCertificate({ names: ['a.example'] }).cert],
    ['has the key of another', issueCertificate({ names: ['a.example'] }).cert + issueCertificate().key],
  ]) {
    it(`a kept certificate that ${how} is left aside, and said to be so`, async (t) => {
      const own = await create(t);
      await own.storage.writeCertificate(['a.example'], text);
      const { certificates, findings } = await own.load(['a.example'], Date.now());
      assert.equal(certificates[0].issuer, 'CN=Fairlead');
      assert.deepEqual(
        findings.map(({ isMistake }) => isMistake),
        [false, false],
      );
      assert.match(findings[0].message, /another certificate is asked for$/);
      assert.doesNotMatch(JSON.stringify(findings), /PRIVATE KEY/);
    });
  }
});
