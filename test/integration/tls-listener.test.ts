/** HTTPS at the front: which certificate answers whom, and what becomes of clients that do not come into TLS. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import tls from 'node:tls';
import { helloOfNode } from '../support/node-hello.ts';
import { startPieceWire } from '../support/piece-wire.ts';
import { readLines, tempFolder } from '../support/access-log.ts';
import { configOf } from '../support/running-balancer.ts';
import { socketFolder } from '../support/unix-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { askTls, handshakesOf, openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const FIRST = issueCertificate({ names: ['first.example', '127.0.0.1'], commonName: 'first' });
const SECOND = issueCertificate({ names: ['Second.example', 'also.second.example'], commonName: 'second' });
const WILD = issueCertificate({ names: ['*.wild.example'], commonName: 'wild' });
const LOCAL = issueCertificate({ names: ['local.example', '127.0.0.1'], commonName: 'local' });
const RSA = issueCertificate({ names: ['first.example', '127.0.0.1'], commonName: 'rsa', key: 'rsa' });

const ALL = (folder: string): string => {
  const files = Object.entries({ FIRST, SECOND, WILD }).map(([name, issued]) => writePair(folder, name, issued));
  return `certificates: ${JSON.stringify(files)}`;
};
const ONE = (folder: string): string => `certificates: ${writePair(folder, 'first.pem', FIRST)}`;

describe('a listener with several certificates', () => {
  for (const threads of [0, 4]) {
    it(`a listener with several certificates answers each name with its own, with ${threads} threads`, async (t) => {
      const { port } = await runTls(t, ALL, { threads });
      const asked = {
        'first.example': 'first',
        'second.example': 'second',
        'SECOND.Example': 'second',
        'also.second.example': 'second',
        'a.wild.example': 'wild',
        'my_app.wild.example': 'wild',
        // A wildcard stands for one label, and for no more or less.
        'a.b.wild.example': 'first',
        'wild.example': 'first',
        'unknown.example': 'first',
      };
      for (const [servername, subject] of Object.entries(asked)) {
        assert.equal((await askTls(port, { servername })).subject, subject, servername);
      }
      assert.equal((await askTls(port)).subject, 'first');
    });
  }

  it('a client that asks for no name gets the certificate for the address that it came to, else the first', async (t) => {
    const keys = (folder: string): string =>
      `certificates: ${JSON.stringify([writePair(folder, 'second', SECOND), writePair(folder, 'local', LOCAL)])}`;
    const { port } = await runTls(t, keys);
    assert.equal((await askTls(port)).subject, 'local');
    assert.equal((await askTls(port, { servername: 'no.example' })).subject, 'second');
  });

  it('a client behind a proxy that asks for no name gets the certificate for the address that it came to there', async (t) => {
    const keys = (folder: string): string =>
      `certificates: ${JSON.stringify([writePair(folder, 'second', SECOND), writePair(folder, 'local', LOCAL)])}`;
    const { port } = await runTls(t, keys, { listener: 'proxyProtocol: { from: [127.0.0.0/8] },' });
    for (const [destination, subject] of [
      ['127.0.0.1', 'local'],
      ['192.0.2.1', 'second'],
    ]) {
      const socket = net.connect(port, '127.0.0.1');
      socket.write(`PROXY TCP4 203.0.113.7 ${destination} 1000 443\r\n`);
      assert.equal((await askTls(port, { socket })).subject, subject, destination);
    }
  });

  it('a client that asks for a name of no certificate is told so where unknownName is refuse', async (t) => {
    const keys = (folder: string): string =>
      `certificates: ${writePair(folder, 'second.pem', SECOND)}, unknownName: refuse`;
    const balancer = await runTls(t, keys);
    assert.equal((await askTls(balancer.port, { servername: 'second.example' })).subject, 'second');
    for (const options of [{ servername: 'no.example' }, {}]) {
      await assert.rejects(askTls(balancer.port, options), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
    }
    await until(() => handshakesOf(balancer).failures['unknown-name'] === 2, 'both are counted');
    assert.equal(handshakesOf(balancer).done, 1);
  });

  it('a name with an ECDSA and an RSA certificate has the one that its client can do', async (t) => {
    const keys = (folder: string): string =>
      `certificates: ${JSON.stringify([writePair(folder, 'ec', FIRST), writePair(folder, 'rsa', RSA)])}`;
    const { port } = await runTls(t, keys);
    const servername = 'first.example';
    assert.equal((await askTls(port, { servername })).subject, 'first');
    const old = { servername, maxVersion: 'TLSv1.2' } as const;
    assert.equal((await askTls(port, old)).subject, 'first');
    assert.equal((await askTls(port, { ...old, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).subject, 'rsa');
    // Without a name as well.
    assert.equal(
      (await askTls(port, { ...old, servername: '', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).subject,
      'rsa',
    );
  });

  it('the answer of an issuer is sent along with its certificate, and never with another one for the same name', async (t) => {
    const keys = (folder: string): string => {
      const ocsp = join(folder, 'answer.ocsp');
      writeFileSync(ocsp, 'good');
      const [ec, rsa, second] = Object.entries({ FIRST, RSA, SECOND }).map(([name, issued]) =>
        writePair(folder, name, issued),
      );
      const list = [ec, { cert: rsa, key: rsa, ocsp }, { cert: second, key: second, ocsp }];
      return `certificates: ${JSON.stringify(list)}`;
    };
    const { port } = await runTls(t, keys);
    for (const [servername, answer] of Object.entries({ 'second.example': 'good', 'first.example': '' })) {
      const socket = tls.connect({ port, servername, rejectUnauthorized: false, requestOCSP: true });
      let answered = '';
      socket.on('OCSPResponse', (response: Buffer | null) => (answered = response?.toString('latin1') ?? ''));
      await once(socket, 'secureConnect');
      socket.destroy();
      assert.equal(answered, answer, servername);
    }
  });
});

describe('a listener that ends TLS', () => {
  it('a listener that ends TLS tells endpoints that the client came by https, and to which port', async (t) => {
    const { port } = await runTls(t, ONE);
    const { asked, version, alpn } = await askTls(port, { ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(asked['x-forwarded-proto'], 'https');
    assert.equal(asked['x-forwarded-port'], String(port));
    assert.deepEqual([version, alpn], ['TLSv1.3', 'http/1.1']);
  });

  it('a listener that ends TLS speaks 1.3 alone where minVersion says so', async (t) => {
    const balancer = await runTls(t, (folder) => `${ONE(folder)}, minVersion: 1.3`);
    assert.equal((await askTls(balancer.port)).version, 'TLSv1.3');
    await assert.rejects(askTls(balancer.port, { maxVersion: 'TLSv1.2' }));
    await until(() => handshakesOf(balancer).failures['version'] === 1, 'it is counted');
  });

  it('a listener that ends TLS refuses protocols that it does not speak, and challenges that it has no part in', async (t) => {
    const balancer = await runTls(t, ONE);
    for (const protocol of ['spdy/3', 'acme-tls/1']) {
      await assert.rejects(askTls(balancer.port, { ALPNProtocols: [protocol] }), {
        code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
      });
    }
    await until(() => handshakesOf(balancer).failures['alpn'] === 2, 'both are counted');
  });

  it('a listener that ends TLS logs name, version, cipher and whether a session went on, of resumed ones as well', async (t) => {
    const file = `${tempFolder(t)}/access.log`;
    const more = `accessLog: { format: "$sni $tlsVersion $tlsCipher $tlsResumed $status", to: { file: ${file} } }`;
    const { port } = await runTls(t, ALL, { more });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { servername: 'Second.Example', maxVersion };
      const socket = await openTls(port, options);
      let session: Buffer | undefined = socket.getSession();
      socket.on('session', (ticket: Buffer) => (session = ticket));
      await requestOver(socket);
      socket.destroy();
      assert.equal((await askTls(port, { ...options, ...(session === undefined ? {} : { session }) })).isResumed, true);
    }
    await until(() => readLines(file).length === 4, 'four lines');
    const old = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';
    assert.deepEqual(readLines(file), [
      `second.example TLSv1.2 ${old} false 200`,
      `second.example TLSv1.2 ${old} true 200`,
      'second.example TLSv1.3 TLS_AES_128_GCM_SHA256 false 200',
      'second.example TLSv1.3 TLS_AES_128_GCM_SHA256 true 200',
    ]);
  });

  it('a listener that ends TLS may be a unix socket, over reloads and replaced threads', async (t) => {
    const path = join(socketFolder(t), 'web.sock');
    const onSocket = (text: string): string => text.replace('"127.0.0.1:0"', `"unix:${path}"`);
    const balancer = await runTls(t, ALL, { edit: onSocket });
    const asked = async (): Promise<readonly unknown[]> => {
      const answer = await askTls(0, { path, servername: 'second.example' });
      return [answer.status, answer.subject, answer.asked['x-forwarded-proto'], answer.asked['x-forwarded-for']];
    };
    assert.deepEqual(await asked(), [200, 'second', 'https', undefined]);
    await assert.rejects(askTls(0, { path, ALPNProtocols: ['spdy/3'] }));
    await until(() => handshakesOf(balancer).failures['alpn'] === 1, 'it is counted');
    assert.equal(balancer.handshakeEvents[0].address, 'unix');
    await balancer.balancer.replaceWorkers();
    assert.deepEqual(await asked(), [200, 'second', 'https', undefined]);
    await balancer.balancer.reload(configOf(balancer.config(`certificates: ${join(balancer.folder, 'FIRST')}`)));
    assert.equal((await askTls(0, { path, servername: 'second.example' })).subject, 'first');
  });

  it('a listener that ends TLS has nothing of its keys in snapshot, figures and events', async (t) => {
    const balancer = await runTls(t, ALL, { threads: 1 });
    await askTls(balancer.port);
    const secret = FIRST.key.split('\n')[1];
    const said = JSON.stringify([balancer.balancer.snapshot, balancer.balancer.stats(), balancer.certificateEvents]);
    assert.ok(!said.includes(secret) && !said.includes('PRIVATE'));
  });

  it('a client of TLS whose hello comes cut anywhere is served', { timeout: 60_000 }, async (t) => {
    const balancer = await runTls(t, ONE);
    const length = (await helloOfNode()).length;
    assert.ok(length > 1460, `a hello of today is ${length} bytes long`);
    for (let cut = 1; cut < length; cut += 61) {
      const pieces = [cut];
      const wire = await startPieceWire(t, balancer.port, () => pieces.pop() ?? Infinity);
      const { subject, status } = await askTls(wire);
      assert.deepEqual([subject, status], ['first', 200]);
    }
    assert.equal((await askTls(await startPieceWire(t, balancer.port, () => 1))).status, 200);
  });
});
