/** Handshakes that fail: what is told of them, on both sides. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import type tls from 'node:tls';
import { createTlsClient } from '../../src/net/node/tls-dial.ts';
import { createTlsProfile } from '../../src/net/node/tls-profile.ts';
import { NOBODY } from '../../src/net/nobody.ts';
import { isCertificateCode } from '../../src/net/certificate-code.ts';
import type { TlsProfileOptions } from '../../src/net/tls.ts';
import type { CloseReason, Connection, HandshakeHandler } from '../../src/net/transport.ts';
import { createSelfSigned } from '../support/self-signed.ts';
import { until } from '../support/until.ts';
import { usedBytes } from '../support/used-bytes.ts';
import { pair, testClient } from './secured-transport.ts';
import {
  PROFILE,
  connectSecurely,
  dialSecurely,
  listenSecurely,
  openTransport,
  serve,
  serveSecurely,
} from './transport-tls-stage.ts';
import type { SecureListener } from './transport-tls-stage.ts';
import { settle } from './transport-stage.ts';

const stranger = createSelfSigned('localhost');
const asked = { clientPolicy: { ca: pair.cert, isRequired: true } };

const CLIENTS: readonly {
  readonly title: string;
  readonly reason: string;
  readonly profile?: Partial<TlsProfileOptions>;
  readonly client?: tls.ConnectionOptions;
}[] = [
  {
    title: 'that speaks only an older version',
    reason: 'version',
    profile: { minVersion: 'TLSv1.3' },
    client: { maxVersion: 'TLSv1.2' },
  },
  {
    title: 'that has no cipher in common',
    reason: 'cipher',
    client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
  },
  { title: 'that knows none of the protocols', reason: 'alpn', client: { ALPNProtocols: ['spdy/3'] } },
  { title: 'that shows no certificate where one is required', reason: 'certificate-missing', profile: asked },
  {
    title: 'that shows one of another authority where one is required',
    reason: 'certificate-rejected',
    profile: asked,
    client: stranger,
  },
  {
    title: 'that shows one of another authority where one is only asked for',
    reason: 'certificate-rejected',
    profile: { clientPolicy: { ca: pair.cert, isRequired: false } },
    client: stranger,
  },
];

test('whoever has waited for a handshake is let go of once it is done, and not when the connection closes', async (t) => {
  const transport = openTransport(t);
  const profile = createTlsProfile(PROFILE);
  const waiters: WeakRef<HandshakeHandler>[] = [];
  const secured: Connection[] = [];
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (raw) => ({
    ...NOBODY,
    onBytes(buffer, start, end) {
      const waiter: HandshakeHandler = {
        onSecured: (connection) => {
          secured.push(connection);
          return NOBODY;
        },
        onFailed: ({ reason }) => assert.fail(reason),
      };
      waiters.push(new WeakRef(waiter));
      transport.secure(raw, Buffer.from(buffer.subarray(start, end)), profile, waiter);
    },
  }));
  t.after(async () => {
    for (const connection of secured) connection.reset();
    await listener.close();
  });
  await connectSecurely(t, listener.port);
  await until(() => secured.length === 1, 'it is done');
  await until(() => usedBytes() > 0 && waiters[0].deref() === undefined, 'it is let go of', 10_000);
  assert.equal(secured[0].isClosed, false);
});

for (const { title, reason, profile = {}, client = {} } of CLIENTS) {
  test(`the handshake of a client ${title} fails as ${reason}`, async (t) => {
    const listener = await listenSecurely(t, openTransport(t), profile);
    const { ended, secure } = await connectSecurely(t, listener.port, client);
    secure.on('secureConnect', () => secure.write('x'));
    await ended;
    await until(() => listener.failures.length > 0, 'it is told');
    assert.equal(listener.failures[0].reason, reason);
    assert.notEqual(listener.failures[0].code, '');
    assert.equal(listener.failures.length, 1);
    assert.equal(listener.accepted.length, 0);
    await until(() => listener.connectionCount === 0, 'it is closed');
  });
}

test('a client whose certificate is required and good is known by it, one that shows none where it may is not', async (t) => {
  const transport = openTransport(t);
  const required = await listenSecurely(t, transport, asked);
  await connectSecurely(t, required.port, pair);
  const known = await required.next();
  assert.ok(known.connection!.facts.tls!.peerCertificate()!.length > 100);
  const optional = await listenSecurely(t, transport, { clientPolicy: { ca: pair.cert, isRequired: false } });
  await connectSecurely(t, optional.port);
  const stranger = await optional.next();
  assert.equal(stranger.connection!.facts.tls!.peerCertificate(), null);
});

test('a handshake that takes too long fails as timeout, one that breaks off as closed or reset, one that is aborted is not told', async (t) => {
  const transport = openTransport(t);
  const begin = async (listener: SecureListener): Promise<net.Socket> => {
    const socket = net.connect({ port: listener.port, host: '127.0.0.1' });
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    const { length } = listener.handshakes;
    socket.write(Buffer.from('16030100', 'hex'));
    await until(() => listener.handshakes.length > length, 'the handshake begins');
    return socket;
  };
  const reasons = (listener: SecureListener): string[] => listener.failures.map(({ reason }) => reason);
  const hasty = await listenSecurely(t, transport, { handshakeTimeoutMs: 50 });
  await begin(hasty);
  await until(() => hasty.failures.length === 1, 'the first one fails');
  assert.deepEqual(reasons(hasty), ['timeout']);
  const patient = await listenSecurely(t, transport);
  (await begin(patient)).end();
  await until(() => patient.failures.length === 1, 'the second one fails');
  (await begin(patient)).resetAndDestroy();
  await until(() => patient.failures.length === 2, 'the third one fails');
  await begin(patient);
  patient.handshakes[2].abort();
  await until(() => patient.connectionCount === 0, 'all are closed');
  await settle();
  assert.deepEqual(reasons(patient), ['closed', 'reset']);
});

/** Dials with a client that trusts the suite's certificate, for `localhost`. */
async function reasonAt(
  t: Parameters<typeof openTransport>[0],
  port: number,
  name = 'localhost',
): Promise<CloseReason> {
  const tls = { client: testClient(), name };
  const recorder = await dialSecurely(openTransport(t), { host: '127.0.0.1', port, tls });
  await recorder.closed();
  assert.deepEqual(recorder.events, [`close ${recorder.reason!.kind}`]);
  return recorder.reason!;
}

test('an endpoint whose certificate is of an unknown authority is refused with what it has shown', async (t) => {
  const port = await serveSecurely(t, stranger, () => {});
  const { kind, code, detail } = await reasonAt(t, port);
  assert.equal(kind, 'tls');
  assert.equal(code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  assert.ok(isCertificateCode(code));
  assert.match(detail!, /expected localhost, found DNS:localhost of /);
});

test('an endpoint whose certificate is for other names is refused with both', async (t) => {
  const port = await serveSecurely(t, {}, () => {});
  for (const name of ['api.example.com', '127.0.0.2']) {
    const { kind, code, detail } = await reasonAt(t, port, name);
    assert.equal(kind, 'tls');
    assert.equal(code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.ok(detail!.includes(name), String(detail));
    assert.match(detail!, /found DNS:localhost, IP Address:127.0.0.1/);
  }
});

test('an endpoint is verified by its address where no name is given', async (t) => {
  const port = await serveSecurely(t, {}, (socket) => socket.write(String(socket.servername)));
  const tls = { client: testClient(), name: '' };
  const recorder = await dialSecurely(openTransport(t), { host: '127.0.0.1', port, tls });
  // An address is not asked for by name.
  await recorder.until(() => recorder.text === 'false');
  recorder.connection!.reset();
});

test('an endpoint that is not to be verified may have any certificate', async (t) => {
  const port = await serveSecurely(t, stranger, () => {});
  const client = createTlsClient({ isVerified: false, minVersion: 'TLSv1.2', alpn: [] });
  const tls = { client, name: 'somebody.example' };
  const recorder = await dialSecurely(openTransport(t), { host: '127.0.0.1', port, tls });
  assert.deepEqual(recorder.events, ['connect']);
  recorder.connection!.reset();
});

const ENDPOINTS: readonly { readonly title: string; readonly serve: (socket: net.Socket) => void }[] = [
  { title: 'speaks plain text', serve: (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') },
  { title: 'closes in the handshake', serve: (socket) => socket.on('data', () => socket.end()) },
  { title: 'resets in the handshake', serve: (socket) => socket.on('data', () => socket.resetAndDestroy()) },
];

for (const { title, serve: behave } of ENDPOINTS) {
  test(`an endpoint that ${title} fails as tls, and not by its certificate`, async (t) => {
    const { kind, code, detail } = await reasonAt(t, await serve(t, behave));
    assert.equal(kind, 'tls');
    assert.equal(isCertificateCode(code), false, code);
    assert.equal(detail, undefined);
  });
}

test('an endpoint without a version in common fails as tls', async (t) => {
  const port = await serveSecurely(t, { maxVersion: 'TLSv1.2' }, () => {});
  const client = createTlsClient({ ca: pair.cert, isVerified: true, minVersion: 'TLSv1.3', alpn: [] });
  const tls = { client, name: 'localhost' };
  const recorder = await dialSecurely(openTransport(t), { host: '127.0.0.1', port, tls });
  assert.equal(recorder.reason?.kind, 'tls');
  assert.equal(isCertificateCode(recorder.reason.code), false);
});

test('an endpoint that wants a certificate is shown ours, and without one ends the connection as tls', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const only = { minVersion: version, maxVersion: version };
    const port = await serveSecurely(t, { ...only, ca: pair.cert, requestCert: true }, (socket) => socket.write('in'));
    const common = { ca: pair.cert, isVerified: true, minVersion: 'TLSv1.2', alpn: [] } as const;
    const known = createTlsClient({ ...common, certificate: { chain: pair.cert, key: pair.key } });
    const good = await dialSecurely(openTransport(t), {
      host: '127.0.0.1',
      port,
      tls: { client: known, name: 'localhost' },
    });
    await good.until(() => good.text === 'in');
    good.connection!.reset();
    const unknown = createTlsClient(common);
    const bad = await dialSecurely(openTransport(t), {
      host: '127.0.0.1',
      port,
      tls: { client: unknown, name: 'localhost' },
    });
    await bad.closed();
    // With 1.3 a client is connected before the server has looked.
    assert.equal(bad.events.includes('connect'), version === 'TLSv1.3');
    assert.equal(bad.reason?.kind, 'tls');
    assert.equal(isCertificateCode(bad.reason.code), false);
  }
});

test('a connect that is refused is told as without TLS', async (t) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  assert.deepEqual(await reasonAt(t, port), { kind: 'refused', code: 'ECONNREFUSED' });
});
