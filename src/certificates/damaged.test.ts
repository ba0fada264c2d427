import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { issueCertificate } from '../../test/support/issued-certificates.ts';
import type { Issued } from '../../test/support/issued-certificates.ts';
import { loadClient } from './load-client.ts';
import { loadListenerFiles } from './listener-files.ts';
import { loadCertificates } from './load.ts';
import type { LoadedCertificates } from './load.ts';

/** Every so many bytes one is changed; the object identifiers of a key are longer. */
const STEP = 3;
const CIRCUMSTANCES = { now: Date.now(), mayBeExpired: true };

function loadPair(folder: string, { cert, key }: Pick<Issued, 'cert' | 'key'>): Promise<LoadedCertificates> {
  const file = join(folder, 'pair.pem');
  writeFileSync(file, cert + key, { mode: 0o600 });
  return loadCertificates([{ cert: file, key: '', pkcs12: '', passphraseFile: '', ocsp: '' }], CIRCUMSTANCES);
}

function derOf(cert: string): Buffer {
  return Buffer.from(cert.replaceAll(/-----[^-]+-----/g, ''), 'base64');
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

describe('certificates that are not as they should be', () => {
  it('a certificate that is damaged in any place is read or told of, and never an exception', async (t) => {
    const folder = tempFolder(t);
    const { cert, key } = issueCertificate({ names: ['a.example', '*.a.example', '127.0.0.1'] });
    const der = derOf(cert);
    let told = 0;
    for (let at = 0; at < der.length; at += STEP) {
      const damaged = Buffer.from(der);
      damaged[at] ^= 0xff;
      const { certificates, findings } = await loadPair(folder, { cert: pemOf(damaged), key });
      assert.ok(certificates.length === 1 || findings.length > 0, `byte ${at}`);
      for (const { validFrom, validTo } of certificates) assert.ok(validFrom < validTo || findings.length > 0);
      told += findings.length;
    }
    assert.ok(told > 0);
  });

  it('a certificate whose key cannot be made out is a mistake that names its file', async (t) => {
    const { cert, key } = issueCertificate({ names: ['a.example'] });
    const der = derOf(cert);
    // The kind of its key: one that nobody knows.
    der[der.indexOf(Buffer.from('2a8648ce3d0201', 'hex')) + 6] = 0x7f;
    const { certificates, findings } = await loadPair(tempFolder(t), { cert: pemOf(der), key });
    assert.deepEqual(certificates, []);
    assert.match(findings[0].message, /^what begins in line 1 is not a certificate that can be read$/);
  });

  it('a certificate with a key that no client takes, and a chain that OpenSSL does not take, are mistakes', async (t) => {
    const folder = tempFolder(t);
    const curves = { secp256k1: 'curve secp256k1', secp224r1: 'curve secp224r1', prime192v1: 'curve prime192v1' };
    for (const [key, told] of Object.entries(curves) as [keyof typeof curves, string][]) {
      const { findings } = await loadPair(folder, issueCertificate({ names: ['a.example'], key }));
      assert.deepEqual(
        findings.map(({ message }) => message),
        [`TLS has no use for an EC key on the ${told}`],
      );
    }
    const authority = issueCertificate({ commonName: 'Small CA', isAuthority: true, key: 'prime192v1' });
    const { cert, key } = issueCertificate({ names: ['a.example'], issuer: authority });
    const { findings } = await loadPair(folder, { cert: cert + authority.cert, key });
    assert.match(findings[0].message, /^OpenSSL does not take it for TLS \(ERR_SSL_CA_KEY_TOO_SMALL\)$/);
  });

  it('a certificate to show to servers that OpenSSL does not take is a mistake', async (t) => {
    const file = join(tempFolder(t), 'client.pem');
    const authority = issueCertificate({ commonName: 'Small CA', isAuthority: true, key: 'prime192v1' });
    const middle = issueCertificate({ names: ['a.example'], issuer: authority });
    const curve = issueCertificate({ names: ['a.example'], key: 'secp256k1' });
    const wrong = { CA_KEY_TOO_SMALL: middle.cert + authority.cert + middle.key, secp256k1: curve.cert + curve.key };
    for (const [told, text] of Object.entries(wrong)) {
      writeFileSync(file, text, { mode: 0o600 });
      const { findings } = await loadClient({ ca: '', certificate: file, key: file }, CIRCUMSTANCES);
      assert.match(findings.map(({ message }) => message).join(), new RegExp(told));
    }
  });

  it(
    'a pipe in place of any of the files is a mistake of its key, and nobody waits for what may come out of it',
    { skip: process.platform === 'win32' && 'needs named pipes' },
    async (t) => {
      const folder = join(tempFolder(t), 'folder');
      mkdirSync(folder);
      const { cert, key } = issueCertificate({ names: ['a.example'] });
      const pair = join(folder, 'pair.pem');
      writeFileSync(pair, cert + key, { mode: 0o600 });
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const none = { cert: '', key: '', pkcs12: '', passphraseFile: '', ocsp: '' };
      const sources = [
        { ...none, cert: pipe },
        { ...none, cert: pair, key: pipe },
        { ...none, pkcs12: pipe },
        { ...none, cert: pair, passphraseFile: pipe },
        { ...none, cert: pair, ocsp: pipe },
        { ...none, cert: folder },
      ];
      const listener = await loadListenerFiles(
        {
          certificates: sources,
          acme: [],
          minVersion: '1.2',
          unknownName: 'default',
          ticketKeys: pipe,
          clientCertificate: { ca: pipe, crl: pipe, require: true, names: [], forward: false },
        },
        CIRCUMSTANCES,
      );
      const pool = await loadClient({ ca: pipe, certificate: pipe, key: pipe }, CIRCUMSTANCES);
      const told = [...listener.findings, ...pool.findings].filter(({ isMistake }) => isMistake);
      assert.deepEqual(new Set(told.map(({ message }) => message)), new Set(['it is a named pipe, and no file']));
      assert.deepEqual(
        told.map((finding) => finding.key),
        [
          ...['certificates[0].cert', 'certificates[1].key', 'certificates[2].pkcs12'],
          ...['certificates[3].passphraseFile', 'certificates[4].ocsp', 'certificates[5]'],
          ...['ticketKeys', 'clientCertificate.ca', 'clientCertificate.crl', 'tls.ca', 'tls.certificate'],
        ],
      );
    },
  );

  it('a certificate with an empty name is served by its alternative names', async (t) => {
    const issued = issueCertificate({ names: ['a.example'], commonName: '' });
    const { certificates, findings } = await loadPair(tempFolder(t), issued);
    assert.deepEqual(findings, []);
    assert.deepEqual([certificates[0].names, certificates[0].issuer], [['a.example'], 'no name']);
  });
});
