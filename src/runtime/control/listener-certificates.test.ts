import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { issueCertificate } from '../../../test/support/issued-certificates.ts';
import { writePair } from '../../../test/support/tls-balancer.ts';
import { until } from '../../../test/support/until.ts';
import { watchCertificates } from '../../../test/support/watched-certificates.ts';
import type { WatchedCertificates } from '../../../test/support/watched-certificates.ts';
import { toConfig } from '../../config/to-config.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { ListenerCertificates } from './listener-certificates.ts';

const DAY_MS = 86_400_000;

function watch(t: TestContext): WatchedCertificates<ListenerCertificates> & { readonly folder: string } {
  return { folder: tempFolder(t), ...watchCertificates(t, (options) => new ListenerCertificates(options)) };
}

function listening(...files: readonly string[]): readonly ListenerSpec[] {
  return toConfig({
    listeners: { web: { address: ':443', tls: { certificates: [...files] } } },
    pools: { web: ['localhost:1'] },
  }).listeners;
}

function summary(events: readonly CertificateEvent[]): readonly string[] {
  return events.map(({ change, file, message }) => `${change} ${file.split('/').at(-1)}: ${message.split('.')[0]}`);
}

const ONE = issueCertificate({ names: ['a.example'] });
const OTHER = issueCertificate({ names: ['b.example'] });
const TWO = issueCertificate({ names: ['a.example'] });

describe('the certificates of listeners', () => {
  it('the certificates of listeners are refused at the start with every mistake, and nothing is kept', async (t) => {
    const { certificates, folder } = watch(t);
    const file = writePair(folder, 'a.pem', { cert: ONE.cert, key: TWO.key });
    await assert.rejects(certificates.load(listening(file, join(folder, 'none.pem'))), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, 'FL_CERTIFICATE');
      const lines = error.message.split('\n');
      assert.equal(lines.length, 2);
      assert.match(
        lines[0],
        /^listener web: .*a\.pem: the key does not belong to the certificate of a\.example\. Name/,
      );
      assert.match(lines[1], /^listener web: .*none\.pem: it is not there\. Check the path/);
      return true;
    });
    assert.deepEqual(certificates.materials([]), []);
  });

  it('a renewed file is noticed within 30 s once it stands still, and taken up', async (t) => {
    const { certificates, folder, events, advance, staleCount } = watch(t);
    const file = writePair(folder, 'a.pem', ONE);
    assert.equal(certificates.settle(await certificates.load(listening(file))), true);
    await advance(31_000);
    assert.equal(staleCount(), 0);
    writeFileSync(file, TWO.cert);
    await advance(31_000);
    assert.equal(staleCount(), 0, 'it may still be written');
    writePair(folder, 'a.pem', TWO);
    await advance(1100);
    assert.equal(staleCount(), 0, 'it has changed meanwhile');
    await advance(1100);
    assert.equal(staleCount(), 1);
    assert.equal(await certificates.refresh(), true);
    assert.match(summary(events).join(), /^renewed a\.pem: a new certificate for a$/);
    const [{ identities }] = certificates.materials([]);
    const [certificate] = identities[0].certificates;
    assert.ok(certificate.kind === 'pem' && certificate.chain === TWO.cert);
    await advance(31_000);
    assert.equal(staleCount(), 1, 'once');
  });

  it('files are read though one of them changes all the time', async (t) => {
    const { certificates, folder, advance, staleCount } = watch(t);
    const file = writePair(folder, 'a.pem', ONE);
    certificates.settle(await certificates.load(listening(file)));
    await advance(31_000);
    let seconds = 0;
    for (; seconds < 70 && staleCount() === 0; seconds++) {
      writePair(folder, 'a.pem', { cert: TWO.cert, key: `${TWO.key}# ${seconds}\n` });
      await advance(1000);
    }
    assert.ok(seconds > 30 && seconds < 70, String(seconds));
    assert.equal(await certificates.refresh(), true);
  });

  it('files are read every day though the clock of the machine is set back', async (t) => {
    const { certificates, folder, time, advance, staleCount } = watch(t);
    const wallTime = time.wallTime.bind(time);
    let aheadMs = 3 * DAY_MS;
    t.mock.method(time, 'wallTime', () => wallTime() + aheadMs);
    certificates.settle(await certificates.load(listening(writePair(folder, 'a.pem', ONE))));
    aheadMs = 0;
    for (let minutes = 0; minutes < 3 && staleCount() === 0; minutes++) await advance(DAY_MS);
    assert.equal(staleCount(), 1);
  });

  it('a file that cannot be used leaves the certificate before it, and is told of once', async (t) => {
    const { certificates, folder, events, advance, staleCount } = watch(t);
    const file = writePair(folder, 'a.pem', ONE);
    certificates.settle(await certificates.load(listening(file)));
    const before = certificates.materials([]);
    rmSync(file);
    await advance(31_000);
    await advance(1100);
    assert.equal(staleCount(), 1);
    assert.equal(await certificates.refresh(), false);
    assert.deepEqual(summary(events), ['unusable a.pem: it is not there']);
    assert.deepEqual(certificates.troubles, events);
    await advance(31_000);
    assert.equal(staleCount(), 1);
    assert.deepEqual(certificates.materials([]), before);
    // A reload of the config finds the same, and goes on as well.
    certificates.settle(await certificates.load(listening(file)));
    assert.deepEqual(certificates.materials([]), before);
    assert.deepEqual(summary(certificates.troubles), ['unusable a.pem: it is not there']);
    writePair(folder, 'a.pem', TWO);
    await advance(31_000);
    await advance(1100);
    assert.equal(await certificates.refresh(), true);
    assert.match(summary(events).at(-1) ?? '', /^renewed/);
    assert.deepEqual(certificates.troubles, []);
  });

  it('a file that is whole again is told of, also where it holds nothing new', async (t) => {
    const { certificates, folder, events } = watch(t);
    const files = ['a.pem', 'b.pem'].map((name) => writePair(folder, name, name === 'a.pem' ? ONE : OTHER));
    certificates.settle(await certificates.load(listening(...files)));
    for (const file of files) writeFileSync(file, 'half of a certif');
    await certificates.refresh();
    writePair(folder, 'a.pem', ONE);
    await certificates.refresh();
    const half = 'unusable b.pem: it holds no certificate in PEM';
    assert.deepEqual(summary(certificates.troubles), [half]);
    writePair(folder, 'b.pem', OTHER);
    await certificates.refresh();
    assert.deepEqual(summary(events).slice(-2), [half, 'usable b.pem: it can be used again']);
    assert.deepEqual(certificates.troubles, []);
    writeFileSync(files[1], '');
    await certificates.refresh();
    certificates.settle(await certificates.load(listening(files[0])));
    assert.deepEqual([certificates.troubles, events.at(-1)?.change], [[], 'unusable'], 'nothing of what is not named');
  });

  it('what a certificate is warned of holds until it is renewed', async (t) => {
    const { certificates, folder, time } = watch(t);
    const toDays = (time.wallTime() - Date.now()) / DAY_MS + 10;
    const old = issueCertificate({ names: ['a.example'], fromDays: toDays - 90, toDays });
    certificates.settle(await certificates.load(listening(writePair(folder, 'a.pem', old))));
    await certificates.refresh();
    assert.match(summary(certificates.troubles).join(), /^warning a\.pem: it expires in \d+ days/);
    const next = issueCertificate({ names: ['a.example'], fromDays: toDays - 11, toDays: toDays + 90 });
    writePair(folder, 'a.pem', next);
    await certificates.refresh();
    assert.deepEqual(certificates.troubles, []);
  });

  it('files that are the same again are nothing new', async (t) => {
    const { certificates, folder } = watch(t);
    const file = writePair(folder, 'a.pem', ONE);
    assert.equal(certificates.settle(await certificates.load(listening(file))), true);
    assert.equal(certificates.settle(await certificates.load(listening(file))), false);
    writePair(folder, 'a.pem', ONE);
    assert.equal(await certificates.refresh(), false);
  });

  it('a certificate that expires soon is warned of every day', async (t) => {
    const { certificates, folder, events, time, advance, staleCount } = watch(t);
    const toDays = (time.wallTime() - Date.now()) / DAY_MS + 10;
    const old = issueCertificate({ names: ['a.example'], fromDays: toDays - 90, toDays });
    certificates.settle(await certificates.load(listening(writePair(folder, 'a.pem', old))));
    assert.equal(events.length, 1);
    for (let day = 2; day <= 3; day++) {
      time.advance(DAY_MS);
      await until(async () => {
        await advance(31_000);
        return staleCount() === day - 1;
      }, `day ${day}`);
      await certificates.refresh();
      assert.equal(events.length, day);
      assert.match(summary(events).at(-1) ?? '', /^warning a\.pem: it expires in \d+ days/);
    }
  });

  it('a listener that is gone keeps nothing, and its files are not looked at', async (t) => {
    const { certificates, folder, advance, staleCount } = watch(t);
    const file = writePair(folder, 'a.pem', ONE);
    certificates.settle(await certificates.load(listening(file)));
    const plain = toConfig({ pools: { web: ['localhost:1'] } }).listeners;
    assert.equal(certificates.settle(await certificates.load(plain)), true);
    assert.deepEqual(certificates.materials([]), []);
    rmSync(file);
    await advance(62_000);
    assert.equal(staleCount(), 0);
  });
});
