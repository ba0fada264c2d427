/** Files of TLS to endpoints that change, or cannot be used. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { SETTLE_MS, WATCH_MS } from '../../src/certificates/watch.ts';
import { systemScheduler } from '../../src/checks/scheduler.ts';
import type { Scheduler } from '../../src/checks/scheduler.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { CLIENT, SERVER, askPlain, runPool, startTlsEndpoint, tlsFiles } from '../support/tls-endpoints.ts';
import { until } from '../support/until.ts';

/** Files are looked at all the time. */
const QUICK: Scheduler = {
  after: (ms, run) => systemScheduler.after(ms === WATCH_MS || ms === SETTLE_MS ? 5 : ms, run),
};

describe('files of a pool with tls', () => {
  it('after a reload with another ca neither connections nor sessions of the one before are used', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { ca, clientCert, write } = tlsFiles(t);
    const running = await runPool(t, [endpoint.port], `tls: { ca: ${ca} }`);
    assert.equal((await askPlain(running.port)).body, 'well');
    await running.reload([endpoint.port], `tls: { ca: ${clientCert} }`);
    assert.equal((await askPlain(running.port)).error, 'certificate-rejected');
    // The same file with other content is another ca, too.
    const keys = `tls: { ca: ${write('changing.pem', SERVER.cert)} }`;
    await running.reload([endpoint.port], keys);
    assert.equal((await askPlain(running.port)).body, 'well');
    write('changing.pem', CLIENT.cert);
    await running.reload([endpoint.port], keys);
    assert.equal((await askPlain(running.port)).error, 'certificate-rejected');
  });

  it('a ca that is replaced is noticed without a reload, by requests and by checks', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { ca, write } = tlsFiles(t);
    const keys = `tls: { ca: ${ca} }, check: { http: /, interval: 1h }, panic: on`;
    const running = await runPool(t, [endpoint.port], keys, '', { scheduler: QUICK });
    const state = () => running.balancer.stats().pools[0].endpoints[0].health.state;
    assert.equal((await askPlain(running.port)).body, 'well');
    write('ca.pem', CLIENT.cert);
    await until(async () => (await askPlain(running.port)).error === 'certificate-rejected', 'requests know it');
    await until(() => state() !== 'healthy', 'so do checks');
    const [{ listener, pool, change, file, message }] = running.certificateEvents;
    assert.deepEqual([listener, pool, change, file], [null, 'web', 'renewed', ca]);
    assert.equal(message, 'other certificates are trusted from now on');
    write('ca.pem', SERVER.cert);
    await until(async () => (await askPlain(running.port)).body === 'well', 'it is taken up again');
    await until(() => state() === 'healthy', 'by checks as well');
  });

  it('a certificate that is replaced is shown from then on, on new connections', async (t) => {
    const shown: string[] = [];
    const server = { ...SERVER, requestCert: true, rejectUnauthorized: false };
    const endpoint = await startTlsEndpoint(t, server, ({ socket }, response) => {
      shown.push(String((socket as unknown as Pick<TLSSocket, 'getPeerCertificate'>).getPeerCertificate().subject.CN));
      response.end('well');
    });
    const { ca, write } = tlsFiles(t);
    const [one, two] = ['one', 'two'].map((commonName) => issueCertificate({ commonName }));
    const keys = `tls: { ca: ${ca}, certificate: ${write('shown.pem', one.cert + one.key)} }`;
    const running = await runPool(t, [endpoint.port], keys);
    await askPlain(running.port);
    write('shown.pem', two.cert + two.key);
    await running.reload([endpoint.port], keys);
    await askPlain(running.port);
    assert.deepEqual(shown, ['one', 'two']);
    const [{ message }] = running.certificateEvents;
    assert.match(message, /^a new certificate is shown to endpoints, until \d/);
  });

  it('a file that cannot be used any more leaves what was in it, whatever else of the config changes', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { ca, write } = tlsFiles(t);
    const keys = `tls: { ca: ${ca} }`;
    const running = await runPool(t, [endpoint.port], `${keys}, maxIdle: 4`);
    write('ca.pem', 'half of a certif');
    await running.reload([endpoint.port], `${keys}, maxIdle: 5, check: { http: / }`);
    assert.equal((await askPlain(running.port)).body, 'well');
    const [{ pool, change, file, message }] = running.certificateEvents;
    assert.deepEqual([pool, change, file], ['web', 'unusable', ca]);
    assert.match(message, /^it holds no certificate in PEM\. Name/);
    const health = () => running.balancer.stats().pools[0].endpoints[0].health;
    await until(() => health().checks.some(({ answers }) => answers.length > 0), 'it is checked');
    assert.equal(health().state, 'healthy');
    rmSync(ca);
    await running.balancer.replaceWorkers();
    assert.equal((await askPlain(running.port)).body, 'well');
  });

  it('settings whose files cannot be used are refused as a whole, with every mistake and nothing of the keys', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { ca, clientCert, folder, write } = tlsFiles(t);
    const running = await runPool(t, [endpoint.port], `tls: { ca: ${ca} }`);
    const wrong = `tls: { ca: ${folder}/none.pem, certificate: ${clientCert}, key: ${write('other.key', SERVER.key)} }`;
    await assert.rejects(running.reload([endpoint.port], wrong), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'FL_CERTIFICATE');
      const lines = error.message.split('\n');
      assert.equal(lines.length, 2);
      assert.match(lines[0], /^pool web: .*none\.pem: it is not there\. Check the path/);
      assert.match(lines[1], /^pool web: .*other\.key: the key does not belong to the certificate of fairlead test\./);
      return true;
    });
    assert.equal((await askPlain(running.port)).body, 'well');
    await assert.rejects(runPool(t, [endpoint.port], wrong), { code: 'FL_CERTIFICATE' });
  });
});
