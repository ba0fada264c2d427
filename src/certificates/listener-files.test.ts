import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { issueCertificate, revoke } from '../../test/support/issued-certificates.ts';
import type { ClientCertificateSpec } from '../core/tls-files.ts';
import { describeFinding } from './finding.ts';
import { loadListenerFiles } from './listener-files.ts';
import type { LoadedListenerFiles } from './listener-files.ts';

const SITE = issueCertificate({ names: ['a.example', '*.b.example'] });
const CA = issueCertificate({ commonName: 'Clients', isAuthority: true });
const OTHER = issueCertificate({ commonName: 'Other', isAuthority: true });

/** What is found about a listener with these keys and files for its clients, which stand in the folder as they are named. */
async function load(
  t: TestContext,
  files: { readonly ca: string; readonly crl?: string },
  keys: Partial<ClientCertificateSpec> = {},
): Promise<{ readonly loaded: LoadedListenerFiles; readonly said: readonly string[] }> {
  const folder = tempFolder(t);
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const crl = files.crl === undefined ? '' : write('crl', files.crl);
  const source = { cert: write('site', SITE.cert + SITE.key), key: '', pkcs12: '', passphraseFile: '', ocsp: '' };
  const clientCertificate = { require: true, names: [], forward: false, ...keys, ca: write('ca', files.ca), crl };
  const loaded = await loadListenerFiles(
    {
      certificates: [source],
      acme: ['own.example'],
      minVersion: '1.2',
      unknownName: 'default',
      ticketKeys: '',
      clientCertificate,
    },
    { now: Date.now(), mayBeExpired: false },
  );
  const said = loaded.findings.map((finding) => {
    return `${finding.isMistake ? '' : 'warning: '}${finding.key}: ${describeFinding(finding).replaceAll(`${folder}/`, '')}`;
  });
  return { loaded, said };
}

describe('what clients are judged by', () => {
  it('what clients are judged by is every authority and every list of its files, and nothing else of them', async (t) => {
    const lists = [revoke(CA, []), revoke(OTHER, [SITE])];
    const { loaded, said } = await load(t, {
      ca: `Issuer: nobody\n${CA.cert}\n# and\n${OTHER.cert}`,
      crl: `first\n${lists.join('second\n')}`,
    });
    assert.deepEqual(said, []);
    assert.equal(loaded.clientAuthorities?.ca, CA.cert + OTHER.cert);
    assert.deepEqual(loaded.clientAuthorities.crls, lists);
    assert.deepEqual(loaded.clientAuthorities.subjects, ['Clients', 'Other']);
  });

  it('what clients are judged by is refused with all that is wrong in its files', async (t) => {
    const broken = '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n';
    const both = await load(t, { ca: CA.key, crl: CA.cert });
    assert.equal(both.loaded.clientAuthorities, null);
    assert.equal(both.said.length, 2);
    assert.match(both.said[0], /^clientCertificate\.ca: ca: it holds no certificate in PEM\. Name the file with/);
    assert.match(both.said[1], /^clientCertificate\.crl: crl: it holds no list of revoked certificates in PEM\./);
    const bad = await load(t, { ca: `${CA.cert}-----BEGIN CERTIFICATE-----\nMIIB\n`, crl: revoke(CA, []) + broken });
    assert.equal(bad.loaded.clientAuthorities, null);
    assert.match(bad.said[0], /^clientCertificate\.ca: ca: what begins in line \d+ is not a certificate/);
    assert.match(bad.said[1], /^clientCertificate\.crl: crl: what begins in line \d+ is not a list/);
    const missing = await load(t, { ca: CA.cert }, {});
    assert.deepEqual(missing.said, []);
  });

  it('what clients are judged by is warned of where it lets nobody in, or will not for long', async (t) => {
    const leaf = issueCertificate({ commonName: 'leaf', issuer: CA });
    const self = issueCertificate({ commonName: 'self' });
    const old = issueCertificate({ commonName: 'old', isAuthority: true, fromDays: -90, toDays: -1 });
    const aging = issueCertificate({ commonName: 'aging', isAuthority: true, fromDays: -30, toDays: 5.5 });
    const { loaded, said } = await load(t, { ca: [leaf, self, old, aging].map(({ cert }) => cert).join('') + CA.key });
    assert.notEqual(loaded.clientAuthorities, null);
    assert.deepEqual(
      said.map((text) => text.replace(/ on \d.*/, '')),
      [
        "warning: clientCertificate.ca: ca: the certificate of leaf is that of no authority, so that no client's is of it. Name the certificate of its issuer.",
        'warning: clientCertificate.ca: ca: the certificate of old has expired',
        'warning: clientCertificate.ca: ca: the certificate of aging expires in 5 days,',
        'warning: clientCertificate.ca: ca: it holds a private key, which is not needed here. Leave the certificates alone in it.',
      ],
    );
  });

  it('names under which clients are asked are warned of where the listener has no certificate for them', async (t) => {
    const names = [
      'a.example',
      'x.b.example',
      '*.b.example',
      '*.example',
      'c.example',
      'y.x.b.example',
      '*.c.example',
      'own.example',
    ];
    const { said } = await load(t, { ca: CA.cert }, { names });
    assert.deepEqual(
      said.map((text) => /under (\S+),/.exec(text)?.[1]),
      ['c.example', 'y.x.b.example', '*.c.example'],
    );
    assert.match(said[0], /^warning: clientCertificate\.names: ca: clients are to show a certificate under c\.example/);
  });
});
