import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { findCommand } from '../../bench/commands.ts';
import { createSelfSigned } from '../../test/support/self-signed.ts';
import { until } from '../../test/support/until.ts';
import { startBackend } from './backend.ts';
import { makeSelfSigned, NoCertificate } from './self-signed.ts';
import { startTcpBackend } from './tcp-backend.ts';

const CERTIFICATE = createSelfSigned('localhost', '127.0.0.1');
const PROXIED = 'PROXY TCP4 192.0.2.10 198.51.100.1 40000 443\r\n';

/** A connection whose handshake is done, on another one or on one of its own. */
async function openTls(port: number, options: ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port, ca: CERTIFICATE.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function behindHeader(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(PROXIED);
  return socket;
}

async function echoOver(socket: tls.TLSSocket, path = '/'): Promise<Record<string, unknown>> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const answer = await text(socket);
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as Record<string, unknown>;
}

describe('a mock server with TLS', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`a mock server with TLS answers over ${version}, and says what was agreed on`, async () => {
      await using backend = await startBackend({ name: 's1', tls: CERTIFICATE });
      assert.equal(backend.url, `https://127.0.0.1:${backend.port}`);
      const versions = { minVersion: version, maxVersion: version };
      const echo = await echoOver(await openTls(backend.port, { servername: 'localhost', ...versions }));
      const { version: spoken, serverName } = echo['tls'] as { version: string; serverName: string };
      assert.deepEqual([echo['server'], spoken, serverName], ['s1', version, 'localhost']);
      const nameless = await echoOver(await openTls(backend.port, { servername: '', ...versions }));
      assert.equal((nameless['tls'] as { serverName: null }).serverName, null);
    });
  }

  test('a mock server with TLS takes the PROXY header in front of the handshake', async () => {
    await using backend = await startBackend({ tls: CERTIFICATE, proxyProtocol: true });
    const echo = await echoOver(await openTls(backend.port, { socket: await behindHeader(backend.port) }));
    assert.deepEqual((echo['proxyProtocol'] as { source: unknown }).source, { address: '192.0.2.10', port: 40_000 });
    assert.equal((echo['tls'] as { version: string }).version, 'TLSv1.3');
  });

  test('a mock server with TLS resets connections when it is told to', async () => {
    await using backend = await startBackend({ tls: CERTIFICATE });
    backend.setMode('reset');
    const socket = await openTls(backend.port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
  });

  test('a mock server with TLS outlives clients that do not speak it, and cuts all connections when it is closed', async () => {
    await using backend = await startBackend({ tls: CERTIFICATE });
    const plain = connect(backend.port, '127.0.0.1');
    plain.on('error', () => {});
    plain.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    plain.resume();
    await once(plain, 'close');
    await until(() => backend.stats.connections === 0, 'the connection is forgotten');
    assert.equal((await echoOver(await openTls(backend.port)))['server'], 'backend');
    const idle = await openTls(backend.port);
    const closed = new Promise((resolve) => idle.on('error', () => {}).once('close', resolve));
    await backend.close();
    await closed;
  });

  test('a mock server with TLS below HTTP says its name and for whom it is, and sends back what it hears to its end', async () => {
    await using backend = await startTcpBackend({ name: 'db1', tls: CERTIFICATE, proxyProtocol: true });
    assert.equal(backend.url, `tls://127.0.0.1:${backend.port}`);
    const socket = await openTls(backend.port, { socket: await behindHeader(backend.port) });
    socket.end('hello');
    assert.equal(await text(socket), 'db1 for 192.0.2.10 40000\nhello');
  });

  test('a mock server with TLS cannot be started with a key of another certificate', async () => {
    const tlsOfTwo = { cert: CERTIFICATE.cert, key: createSelfSigned('localhost').key };
    await assert.rejects(startBackend({ tls: tlsOfTwo }), NoCertificate);
    await assert.rejects(startTcpBackend({ tls: tlsOfTwo }), NoCertificate);
  });
});

const skip = findCommand('openssl') === null ? 'needs openssl' : false;

describe('a certificate made at the start', () => {
  test('a certificate made at the start is trusted for its names by those who trust it', { skip }, async () => {
    const certificate = await makeSelfSigned(['localhost', 'app.localhost', '127.0.0.1', '::1']);
    await using backend = await startBackend({ tls: certificate });
    for (const servername of ['localhost', 'app.localhost'])
      (await openTls(backend.port, { servername, ca: certificate.cert })).destroy();
    await assert.rejects(openTls(backend.port, { servername: 'other.localhost', ca: certificate.cert }));
  });

  test('a mock server makes itself a certificate where it is told to speak TLS without one', { skip }, async () => {
    await using backend = await startBackend({ tls: true });
    const socket = await openTls(backend.port, { servername: 'localhost', rejectUnauthorized: false });
    const certificate = socket.getPeerX509Certificate() ?? assert.fail('it shows a certificate');
    assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
    assert.ok(certificate.validToDate.getTime() - Date.now() <= 30 * 86_400_000);
    socket.destroy();
  });

  test('a certificate cannot be made where there is no openssl, which the error says', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      await assert.rejects(makeSelfSigned(['localhost']), {
        name: 'NoCertificate',
        message: /it takes the program openssl/,
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});
