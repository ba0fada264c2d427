import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { issueCertificate } from '../../../test/support/issued-certificates.ts';
import { tlsFiles } from '../../../test/support/tls-endpoints.ts';
import type { TlsFiles } from '../../../test/support/tls-endpoints.ts';
import { until } from '../../../test/support/until.ts';
import { watchCertificates } from '../../../test/support/watched-certificates.ts';
import type { WatchedCertificates } from '../../../test/support/watched-certificates.ts';
import type { PoolTlsSpec } from '../../core/tls-files.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { PoolCertificates } from './pool-certificates.ts';

const DAY_MS = 86_400_000;
const ONE = issueCertificate({ commonName: 'one' });
const TWO = issueCertificate({ commonName: 'two' });

function watch(t: TestContext): WatchedCertificates<PoolCertificates> & TlsFiles {
  return { ...tlsFiles(t), ...watchCertificates(t, (options) => new PoolCertificates(options)) };
}

function pool(files: Partial<PoolTlsSpec>, id = 'api'): { readonly id: string; readonly tls: PoolTlsSpec } {
  const { certificate = '' } = files;
  return {
    id,
    tls: {
      ca: '',
      certificate,
      key: certificate,
      name: '',
      verify: true,
      minVersion: '1.2',
      alpn: ['http/1.1'],
      ...files,
    },
  };
}

function summary(events: readonly CertificateEvent[]): readonly string[] {
  return events.map((event) => {
    const { pool: of, change, file, message } = event;
    return `${of} ${change} ${file.split('/').at(-1)}: ${message.split('.')[0]}`;
  });
}

describe('what pools speak TLS with', () => {
  it('every mistake of every pool is told at once, and nothing is kept', async (t) => {
    const { certificates, folder, clientCert, write } = watch(t);
    const broken = pool(
      { ca: write('broken.pem', `${ONE.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`) },
      'b',
    );
    const loading = certificates.load([
      pool({ ca: `${folder}/none.pem`, certificate: clientCert, key: write('k', TWO.key) }),
      broken,
    ]);
    await assert.rejects(loading, (error: Error & { code?: string }) => {
      assert.equal(error.code, 'FL_CERTIFICATE');
      const lines = error.message.split('\n');
      assert.equal(lines.length, 3);
      assert.match(lines[0], /^pool api: .*none\.pem: it is not there/);
      assert.match(lines[1], /^pool api: .*k: the key does not belong to the certificate/);
      assert.match(lines[2], /^pool b: .*broken\.pem: what begins in line \d+ is not a certificate/);
      return true;
    });
    assert.deepEqual(certificates.materials(), []);
  });

  it('a key with a passphrase, one of no certificate, and a certificate that has expired are mistakes with cures', async (t) => {
    const { certificates, write } = watch(t);
    const encrypted = ONE.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    const old = issueCertificate({ fromDays: -20, toDays: -10 });
    for (const [text, message] of [
      [ONE.cert + encrypted, /the key in it is encrypted\. Write it without a passphrase/],
      [ONE.cert, /it holds no private key\. Name the key beside it: \{ certificate: …, key: … \}/],
      [old.cert + old.key, /it has expired on/],
    ] as const) {
      await assert.rejects(certificates.load([pool({ certificate: write('shown.pem', text) })]), { message });
    }
  });

  it('the same content is the same edition, and another one for every other', async (t) => {
    const { certificates, ca, write } = watch(t);
    assert.deepEqual(certificates.settle(await certificates.load([pool({ ca })])), ['api']);
    const [{ edition, client }] = certificates.materials();
    assert.equal(certificates.clientOf('api'), client);
    write('ca.pem', client.ca ?? '');
    assert.deepEqual(certificates.settle(await certificates.load([pool({ ca })])), []);
    assert.equal(certificates.clientOf('api'), client);
    for (const files of [{ ca, verify: false }, { ca, minVersion: '1.3' as const }, { ca: write('b.pem', ONE.cert) }]) {
      assert.deepEqual(certificates.settle(await certificates.load([pool(files)])), ['api']);
    }
    assert.ok(certificates.materials()[0].edition > edition);
    assert.deepEqual(certificates.settle(await certificates.load([{ id: 'api', tls: null }])), ['api']);
    assert.equal(certificates.clientOf('api'), null);
  });

  it('a file that has changed is taken up once it stands still, for its pool alone', async (t) => {
    const { certificates, events, advance, staleCount, ca, write } = watch(t);
    const other = write('other.pem', ONE.cert);
    certificates.settle(await certificates.load([pool({ ca }), pool({ ca: other }, 'other')]));
    await advance(31_000);
    assert.equal(staleCount(), 0);
    write('other.pem', TWO.cert);
    await advance(31_000);
    await advance(1100);
    assert.equal(staleCount(), 1);
    assert.deepEqual(await certificates.refresh(), ['other']);
    assert.equal(certificates.clientOf('other')?.ca, TWO.cert);
    assert.deepEqual(summary(events), ['other renewed other.pem: other certificates are trusted from now on']);
    await advance(31_000);
    assert.equal(staleCount(), 1, 'once');
  });

  it('a file that cannot be used any more is told of once, and leaves what was in it', async (t) => {
    const { certificates, events, advance, staleCount, ca, write } = watch(t);
    certificates.settle(await certificates.load([pool({ ca })]));
    const before = certificates.materials();
    rmSync(ca);
    await advance(31_000);
    await advance(1100);
    assert.equal(staleCount(), 1);
    assert.deepEqual(await certificates.refresh(), []);
    assert.deepEqual(certificates.settle(await certificates.load([pool({ ca })])), []);
    assert.deepEqual(certificates.materials(), before);
    assert.deepEqual(new Set(summary(events)), new Set(['api unusable ca.pem: it is not there']));
    await assert.rejects(certificates.load([pool({ ca, verify: false })]), { code: 'FL_CERTIFICATE' });
    assert.deepEqual(summary(certificates.troubles), ['api unusable ca.pem: it is not there']);
    write('ca.pem', ONE.cert);
    await advance(31_000);
    await advance(1100);
    assert.deepEqual(await certificates.refresh(), ['api']);
    assert.deepEqual(certificates.troubles, []);
  });

  it('a file that is whole again is told of, also where it holds nothing new', async (t) => {
    const { certificates, events, ca, write } = watch(t);
    certificates.settle(await certificates.load([pool({ ca })]));
    const text = certificates.clientOf('api')?.ca ?? '';
    write('ca.pem', 'half of a certif');
    await certificates.refresh();
    write('ca.pem', text);
    assert.deepEqual(await certificates.refresh(), []);
    const said = summary(events);
    assert.deepEqual(said.at(-1), 'api usable ca.pem: it can be used again');
    assert.deepEqual([said.length, certificates.troubles], [2, []]);
  });

  it('a certificate that expires soon is warned of every day', async (t) => {
    const { certificates, events, time, advance, staleCount, write } = watch(t);
    const toDays = (time.wallTime() - Date.now()) / DAY_MS + 10;
    const old = issueCertificate({ fromDays: toDays - 90, toDays });
    certificates.settle(await certificates.load([pool({ certificate: write('shown.pem', old.cert + old.key) })]));
    assert.match(summary(events).join(), /^api warning shown\.pem: it expires in \d+ days/);
    time.advance(DAY_MS);
    await until(async () => {
      await advance(31_000);
      return staleCount() === 1;
    }, 'a day later');
    await certificates.refresh();
    assert.equal(events.length, 2);
  });
});
