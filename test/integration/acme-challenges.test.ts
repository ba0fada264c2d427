/** What an authority that looks whether names lead here is answered; how it asks: test/long/acme.test.ts. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import { describe, it } from 'node:test';
import { CertificateMaker } from '../../src/certificates/acme/certificate-maker.ts';
import type { Challenges } from '../../src/runtime/shared/challenges.ts';
import { certificateAt, runAcme } from '../support/acme-balancer.ts';
import type { AcmeBalancer } from '../support/acme-balancer.ts';
import { openTls } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

async function challenge({ balancer }: AcmeBalancer, challenges: Partial<Challenges>): Promise<void> {
  assert.ok(balancer.workers);
  await balancer.workers.challenge({ tokens: new Map(), certificates: new Map(), ...challenges });
}

describe('HTTP-01', () => {
  const TOKEN = 'DGyRejmCefe7v4NfDGDKfA';
  const PATH = `/.well-known/acme-challenge/${TOKEN}`;
  const EXPECTED = { tokens: new Map([[TOKEN, `${TOKEN}.thumbprint`]]) };

  async function ask(port: number, path: string, method = 'GET', host = 'a.example'): Promise<string> {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.setEncoding('latin1');
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket as AsyncIterable<string>) text += chunk;
    const [head, body] = text.split('\r\n\r\n');
    return `${/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]} ${body}`;
  }

  for (const threads of [1, 4]) {
    it(`HTTP-01 is answered before any route, by every thread of ${threads}, and only where the token is expected`, async (t) => {
      const running = await runAcme(t, threads);
      const { plain, balancer } = running;
      assert.equal(await ask(plain, PATH), '200 routed GET');
      await challenge(running, EXPECTED);
      for (let i = 0; i < 4 * threads; i++) assert.equal(await ask(plain, PATH), `200 ${TOKEN}.thumbprint`);
      assert.equal(await ask(plain, PATH, 'HEAD'), '200 ');
      assert.equal(await ask(plain, `${PATH}?x=1`), `200 ${TOKEN}.thumbprint`);
      for (const path of [`${PATH}x`, PATH.slice(0, -1), '/.well-known/acme-challenge/', `${PATH}/`])
        assert.equal(await ask(plain, path), '200 routed GET', path);
      assert.equal(await ask(plain, PATH, 'POST'), '200 routed POST');
      // Threads that come later know it as well.
      await balancer.replaceWorkers();
      for (let i = 0; i < 2 * threads; i++) assert.equal(await ask(plain, PATH), `200 ${TOKEN}.thumbprint`);
      const before = balancer.stats().unrouted.requests;
      await ask(plain, PATH);
      await until(() => balancer.stats().unrouted.requests === before + 1, 'it is counted with those of no route');
      await challenge(running, {});
      assert.equal(await ask(plain, PATH), '200 routed GET');
      assert.deepEqual(running.faults, []);
    });
  }

  it('HTTP-01 is answered over TLS as well, on a connection that goes on afterwards', async (t) => {
    const running = await runAcme(t);
    await challenge(running, EXPECTED);
    const socket = await openTls(running.secure, { servername: 'a.example' });
    socket.setEncoding('latin1');
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    for (const [path, wanted] of [
      [PATH, `${TOKEN}.thumbprint`],
      ['/', 'routed GET'],
      [PATH, `${TOKEN}.thumbprint`],
    ]) {
      text = '';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
      await until(
        () => text.endsWith(wanted),
        () => `${path}: ${text}`,
      );
    }
    socket.destroy();
  });

  it('HTTP-01 holds for a request that a connection has sent before, as soon as the token is expected', async (t) => {
    const running = await runAcme(t);
    const socket = net.connect({ host: '127.0.0.1', port: running.plain });
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.setEncoding('latin1');
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    for (const [challenges, wanted] of [
      [{}, 'routed GET'],
      [EXPECTED, `${TOKEN}.thumbprint`],
      [{}, 'routed GET'],
    ] as const) {
      await challenge(running, challenges);
      text = '';
      socket.write(`GET ${PATH} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
      await until(
        () => text.endsWith(wanted),
        () => `${wanted}: ${text}`,
      );
    }
  });
});

describe('TLS-ALPN-01', () => {
  const AUTHORIZATION = 'token.thumbprint';

  async function expected(): Promise<Partial<Challenges>> {
    const maker = await CertificateMaker.load();
    assert.ok(maker);
    return { certificates: new Map([['a.example', await maker.answer('a.example', AUTHORIZATION, Date.now())]]) };
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`TLS-ALPN-01 over ${version} shows a certificate for just this name, with the answer in it, and ends`, async (t) => {
      const running = await runAcme(t, 2);
      await challenge(running, await expected());
      for (let i = 0; i < 4; i++) {
        const socket = await openTls(running.secure, {
          ...{ servername: 'a.example', ALPNProtocols: ['acme-tls/1'] },
          ...{ minVersion: version, maxVersion: version },
        });
        assert.equal(socket.alpnProtocol, 'acme-tls/1');
        const certificate = socket.getPeerX509Certificate();
        assert.equal(certificate?.subjectAltName, 'DNS:a.example');
        const digest = createHash('sha256').update(AUTHORIZATION).digest();
        // RFC 8737 3: the extension's id, that it is critical, and the digest.
        const extension = Buffer.concat([Buffer.from('06082b0601050507011f0101ff04220420', 'hex'), digest]);
        assert.ok(certificate.raw.includes(extension));
        socket.write('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
        let text = '';
        for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
        assert.equal(text, '');
      }
      // Everybody else is shown what they are always shown.
      assert.equal((await certificateAt(running.secure, 'a.example')).subjectAltName, 'DNS:a.example, DNS:b.example');
      await until(() => running.balancer.stats().workers.connections === 0, 'no connection is left');
      assert.deepEqual(running.faults, []);
    });
  }

  it('TLS-ALPN-01 for a name that is not expected, or that is no more, is answered by the alert for it', async (t) => {
    const running = await runAcme(t);
    const options = { ALPNProtocols: ['acme-tls/1'] };
    const refused = { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' };
    await assert.rejects(openTls(running.secure, { servername: 'a.example', ...options }), refused);
    await challenge(running, await expected());
    (await openTls(running.secure, { servername: 'a.example', ...options })).destroy();
    await assert.rejects(openTls(running.secure, { servername: 'b.example', ...options }), refused);
    await challenge(running, {});
    await assert.rejects(openTls(running.secure, { servername: 'a.example', ...options }), refused);
  });

  it('TLS-ALPN-01 is for whoever offers nothing else', async (t) => {
    const running = await runAcme(t);
    await challenge(running, await expected());
    const options = { servername: 'a.example', ALPNProtocols: ['acme-tls/1', 'http/1.1'] };
    const socket = await openTls(running.secure, options);
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
  });

  it('TLS-ALPN-01 under way does not hold the end up', async (t) => {
    const running = await runAcme(t);
    await challenge(running, await expected());
    const socket = await openTls(running.secure, {
      ...{ servername: 'a.example', ALPNProtocols: ['acme-tls/1'], allowHalfOpen: true },
    });
    await running.balancer.close({ force: true });
    socket.destroy();
    assert.deepEqual(running.faults, []);
  });
});
