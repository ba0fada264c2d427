/** TLS to endpoints that fails: what the client is answered, what the log says, who is blamed and who is tried next. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { SecureContextOptions } from 'node:tls';
import { issueCertificate } from '../support/issued-certificates.ts';
import {
  CLIENT,
  SERVER,
  askPlain,
  blameOf,
  listenLocally,
  runPool,
  startTlsEndpoint,
  tlsFiles,
} from '../support/tls-endpoints.ts';
import { until } from '../support/until.ts';

const AUTHORITY = issueCertificate({ commonName: 'our authority', isAuthority: true });
const STRANGER = issueCertificate({ commonName: 'another authority', isAuthority: true });
const OURS = { names: ['a.test'], issuer: AUTHORITY };

/** Answers once, and counts for a request of `pool` that its only endpoint fails; then that the next endpoint gets it. */
async function failing(
  t: TestContext,
  bad: number,
  { pool, reason, status = 502, more = '' }: { pool: string; reason: string; status?: number; more?: string },
): Promise<{ readonly cause: string; readonly lastFailure: string }> {
  const alone = await runPool(t, [bad], pool, more);
  const answer = await askPlain(alone.port);
  assert.deepEqual([answer.status, answer.error], [status, reason]);
  await until(() => blameOf(alone).failures > 0 && alone.failureEvents.length > 0, 'it is counted and told');
  const [{ cause, reason: told }] = alone.failureEvents;
  assert.equal(told, reason);
  const good = await startTlsEndpoint(t, issueCertificate(OURS));
  const both = await runPool(t, [bad, good.port], `policy: first, ${pool}`, more);
  const next = await askPlain(both.port, 'a.test', 'POST', 'once');
  assert.deepEqual([next.status, next.body, good.seen.length], [200, 'well', 1]);
  await until(() => blameOf(both).failures > 0, 'it is counted there as well');
  return { cause, lastFailure: blameOf(alone).lastFailure };
}

describe('an endpoint whose certificate is not accepted', () => {
  for (const [title, shown, code, found] of [
    [
      'is of an unknown authority',
      issueCertificate({ ...OURS, issuer: STRANGER }),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'found DNS:a.test',
    ],
    ['signs itself', issueCertificate({ names: ['a.test'] }), 'DEPTH_ZERO_SELF_SIGNED_CERT', 'found DNS:a.test'],
    ['has expired', issueCertificate({ ...OURS, fromDays: -20, toDays: -10 }), 'CERT_HAS_EXPIRED', 'valid until'],
    [
      'is not valid yet',
      issueCertificate({ ...OURS, fromDays: 10, toDays: 20 }),
      'CERT_NOT_YET_VALID',
      'found DNS:a.test',
    ],
    [
      'is for another name',
      issueCertificate({ ...OURS, names: ['b.test', 'c.test'] }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'found DNS:b.test, DNS:c.test',
    ],
    ['is for clients alone', issueCertificate({ ...OURS, purpose: 'client' }), 'INVALID_PURPOSE', 'found DNS:a.test'],
  ] as const) {
    it(`an endpoint whose certificate ${title} is answered for with certificate-rejected, blamed, and another one tried`, async (t) => {
      const { port } = await startTlsEndpoint(t, shown);
      const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
      const pool = `tls: { ca: ${ca}, name: a.test }`;
      const { cause, lastFailure } = await failing(t, port, { pool, reason: 'certificate-rejected' });
      assert.ok(cause.startsWith(`${code}: `), cause);
      assert.ok(cause.includes('expected a.test'), cause);
      // Options of Node are nothing to a user of ours, and names are said once.
      assert.doesNotMatch(cause, /Node\.js|altnames/);
      if (found !== 'valid until') assert.ok(cause.includes(found), cause);
      assert.equal(lastFailure, `certificate-rejected: ${cause}`);
    });
  }

  it('an endpoint is ejected for its certificate, as for any failure', async (t) => {
    const bad = await startTlsEndpoint(t, issueCertificate({ names: ['a.test'] }));
    const good = await startTlsEndpoint(t, issueCertificate(OURS));
    const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
    const pool = `policy: first, tls: { ca: ${ca}, name: a.test }, ejection: { failures: 1 }`;
    const running = await runPool(t, [bad.port, good.port], pool);
    assert.equal((await askPlain(running.port)).body, 'well');
    const health = () => running.balancer.stats().pools[0].endpoints[0].health;
    await until(() => health().state === 'ejected', 'it is ejected');
    assert.match(health().reason, /certificate/);
  });
});

const CBC_ALONE: SecureContextOptions = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' };
const OLD: SecureContextOptions = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };

describe('an endpoint with which TLS cannot be set up', () => {
  for (const [title, handle] of [
    ['speaks plain text', (socket: net.Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['closes in the handshake', (socket: net.Socket) => socket.once('data', () => socket.end())],
    ['resets in the handshake', (socket: net.Socket) => socket.once('data', () => socket.resetAndDestroy())],
  ] as const) {
    it(`an endpoint that ${title} is answered for with tls-failed, blamed, and another one is tried`, async (t) => {
      const server = net.createServer((socket) => {
        socket.on('error', () => {});
        handle(socket);
      });
      const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
      await failing(t, await listenLocally(t, server), {
        pool: `tls: { ca: ${ca}, name: a.test }`,
        reason: 'tls-failed',
      });
    });
  }

  for (const [title, options] of [
    ['no version in common', OLD],
    ['no cipher in common', CBC_ALONE],
  ] as const) {
    it(`an endpoint with ${title} is answered for with tls-failed, blamed, and another one is tried`, async (t) => {
      const { port } = await startTlsEndpoint(t, { ...issueCertificate(OURS), ...options });
      const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
      const { cause } = await failing(t, port, { pool: `tls: { ca: ${ca}, name: a.test }`, reason: 'tls-failed' });
      assert.match(cause, /^ERR_SSL_/);
    });
  }

  it('a handshake that is not done within timeouts.connect is answered with connect-timeout, blamed, and another endpoint tried', async (t) => {
    const silent = await listenLocally(
      t,
      net.createServer((socket) => void socket.on('error', () => {})),
    );
    const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
    const more = 'timeouts: { connect: 300ms }';
    await failing(t, silent, {
      pool: `tls: { ca: ${ca}, name: a.test }`,
      reason: 'connect-timeout',
      status: 504,
      more,
    });
  });
});

describe('an endpoint that wants a certificate', () => {
  const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

  function wanting(version: (typeof VERSIONS)[number]): object {
    return { ...SERVER, minVersion: version, maxVersion: version, requestCert: true, ca: CLIENT.cert };
  }

  for (const version of VERSIONS) {
    it(`an endpoint that wants a certificate is shown that of the pool, with ${version}`, async (t) => {
      const { ca, clientCert, clientKey } = tlsFiles(t);
      const { port } = await startTlsEndpoint(t, wanting(version));
      const pool = `tls: { ca: ${ca}, certificate: ${clientCert}, key: ${clientKey} }`;
      assert.equal((await askPlain((await runPool(t, [port], pool)).port)).body, 'well');
    });

    it(`an endpoint that wants a certificate where the pool has none is answered for with tls-failed, with ${version}`, async (t) => {
      const { ca } = tlsFiles(t);
      const endpoint = await startTlsEndpoint(t, wanting(version));
      const running = await runPool(t, [endpoint.port], `tls: { ca: ${ca}, name: a.test }`);
      assert.equal((await askPlain(running.port, 'a.test', 'POST', 'once')).error, 'tls-failed');
      await until(() => blameOf(running).failures === 1, 'it is counted');
      assert.deepEqual(endpoint.seen, []);
    });
  }

  it('what wants a certificate only when the request is on its way is tried elsewhere by the rule of the method', async (t) => {
    const { ca } = tlsFiles(t);
    const wants = await startTlsEndpoint(t, wanting('TLSv1.3'));
    const good = await startTlsEndpoint(t);
    const pool = `policy: first, tls: { ca: ${ca}, name: a.test }, ejection: off`;
    const { port } = await runPool(t, [wants.port, good.port], pool);
    assert.equal((await askPlain(port)).body, 'well');
    assert.equal((await askPlain(port, 'a.test', 'POST', 'once')).error, 'tls-failed');
    assert.deepEqual(good.seen.length, 1);
  });
});

describe('names that clients make up', () => {
  it('a client that asks for names that no server has gets certificate-rejected, and costs no endpoint its place', async (t) => {
    const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
    const endpoints = [
      await startTlsEndpoint(t, issueCertificate(OURS)),
      await startTlsEndpoint(t, issueCertificate(OURS)),
    ];
    const ports = endpoints.map(({ port }) => port);
    const running = await runPool(t, ports, `tls: { ca: ${ca} }, ejection: { failures: 2 }`);
    assert.equal((await askPlain(running.port)).body, 'well');
    for (let count = 0; count < 10; count++) {
      assert.equal((await askPlain(running.port, `evil-${count}.test`)).error, 'certificate-rejected');
    }
    assert.deepEqual([blameOf(running, 0).failures, blameOf(running, 1).failures], [0, 0]);
    assert.equal((await askPlain(running.port)).body, 'well');
  });

  it('an endpoint that fails for a name that another one has counts as failed, though clients choose the name', async (t) => {
    const ca = tlsFiles(t).write('authority.pem', AUTHORITY.cert);
    const good = await startTlsEndpoint(t, issueCertificate(OURS));
    const bad = await startTlsEndpoint(t, issueCertificate({ ...OURS, fromDays: -20, toDays: -10 }));
    const running = await runPool(t, [good.port, bad.port], `policy: round-robin, tls: { ca: ${ca} }`);
    for (let count = 0; count < 4; count++) assert.equal((await askPlain(running.port)).body, 'well');
    await until(() => blameOf(running, 1).failures > 0, 'it is counted');
    assert.match(blameOf(running, 1).lastFailure, /^certificate-rejected: CERT_HAS_EXPIRED/);
  });
});
