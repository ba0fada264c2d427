/** How TLS begins and ends on a connection: what is told of it, and that nothing is taken for an end that is none. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type net from 'node:net';
import { describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createTlsClient } from '../../src/net/node/tls-dial.ts';
import type { TlsVersion } from '../../src/net/tls.ts';
import { until } from '../support/until.ts';
import { pair, testClient } from './secured-transport.ts';
import {
  connectSecurely,
  cutWire,
  dialSecurely,
  listenSecurely,
  openTransport,
  serveSecurely,
} from './transport-tls-stage.ts';
import { pattern, settle } from './transport-stage.ts';

const VERSIONS: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];

for (const version of VERSIONS) {
  const only = { minVersion: version, maxVersion: version };

  describe(`with ${version}`, () => {
    test('an accepted connection has the facts of its handshake, and keeps the client that a stage has named', async (t) => {
      const { port, next } = await listenSecurely(t, openTransport(t));
      const client = await connectSecurely(t, port, { ...only, ALPNProtocols: ['http/1.1'] });
      const { connection } = await next();
      const { tls, ...facts } = connection!.facts;
      const peer = { address: '127.0.0.1', port: client.raw.localPort };
      assert.deepEqual(facts, { scheme: 'https', alpn: 'http/1.1', serverName: 'localhost', peer, localPort: port });
      assert.equal(tls?.version, version);
      assert.match(tls.cipher, /^TLS_.*_(GCM_SHA256|GCM_SHA384|POLY1305_SHA256)$/);
      assert.equal(tls.isResumed, false);
      assert.equal(tls.peerCertificate(), null);
      assert.equal(connection!.localPort, port);
    });

    test('a dialled connection knows what was agreed on, and the certificate of its endpoint', async (t) => {
      const port = await serveSecurely(t, { ...only, ALPNProtocols: ['http/1.1'] }, () => {});
      const tls = { client: testClient(), name: 'localhost' };
      const { connection } = await dialSecurely(openTransport(t), { host: '127.0.0.1', port, tls });
      assert.equal(connection!.facts.scheme, 'https');
      assert.equal(connection!.facts.alpn, 'http/1.1');
      assert.equal(connection!.facts.tls?.version, version);
      assert.ok(connection!.facts.tls.peerCertificate()!.length > 100);
      connection!.reset();
    });

    test('bytes that come with the last flight of a handshake are delivered', async (t) => {
      const { port, next } = await listenSecurely(t, openTransport(t));
      const client = await connectSecurely(t, port, only);
      // Node holds it until the handshake is done, and sends both together.
      client.secure.write('first');
      const recorder = await next();
      await recorder.until(() => recorder.text === 'first');
    });

    test('a client that says its end is told from one that just leaves', async (t) => {
      const { port, next } = await listenSecurely(t, openTransport(t));
      for (const isSaid of [true, false]) {
        const client = await connectSecurely(t, port, only);
        const recorder = await next();
        client.secure.write('request');
        await recorder.until(() => recorder.text === 'request');
        await settle();
        if (isSaid) client.secure.end();
        else client.raw.end();
        await recorder.until(() => recorder.events.includes('end'));
        assert.equal(recorder.connection!.isTruncated, !isSaid);
        recorder.connection!.end();
        await recorder.closed();
        assert.equal(recorder.reason?.kind, isSaid ? 'end' : 'truncated');
      }
    });

    test('an endpoint that says its end, in whatever packet, is told from one that just leaves', async (t) => {
      const transport = openTransport(t);
      const endings: ((socket: TLSSocket, raw: net.Socket) => void)[] = [
        (socket) => socket.end('answer'),
        (socket) => socket.write('answer', () => socket.end()),
        (socket, raw) => socket.write('answer', () => raw.end()),
      ];
      for (const [index, end] of endings.entries()) {
        // Asked first: Node 24 loses the end of a server that says it right behind its handshake.
        const port = await serveSecurely(t, only, (socket, raw) => socket.once('data', () => end(socket, raw)));
        // One piece a turn of the loop, so that the answer and the end may come in one read or in two.
        for (const wire of [port, await cutWire(t, port, () => 1 << 20)]) {
          const tls = { client: testClient(), name: 'localhost' };
          const recorder = await dialSecurely(transport, { host: '127.0.0.1', port: wire, tls });
          recorder.connection!.write('?');
          await recorder.until(() => recorder.events.includes('end'));
          assert.equal(recorder.text, 'answer');
          // In doubt, if both came in one turn, it counts as said.
          if (index < 2) assert.equal(recorder.connection!.isTruncated, false, `ending ${index}`);
          recorder.connection!.end();
          await recorder.closed();
          if (index < 2) assert.equal(recorder.reason?.kind, 'end');
        }
      }
    });

    test('an endpoint that leaves some time after its last byte is found to have cut it', async (t) => {
      const leaving: (() => void)[] = [];
      const port = await serveSecurely(t, only, (socket, raw) => {
        socket.write('half of it');
        leaving.push(() => raw.end());
      });
      const tls = { client: testClient(), name: 'localhost' };
      const recorder = await dialSecurely(openTransport(t), { host: '127.0.0.1', port, tls });
      await recorder.until(() => recorder.text === 'half of it');
      await settle();
      leaving[0]();
      await recorder.until(() => recorder.events.includes('end'));
      assert.equal(recorder.connection!.isTruncated, true);
      recorder.connection!.end();
      await recorder.closed();
      assert.deepEqual(recorder.reason, { kind: 'truncated', code: '' });
    });

    for (const how of ['end', 'close'] as const) {
      test(`${how} says the end to the client behind everything that was written`, async (t) => {
        const { port, next } = await listenSecurely(t, openTransport(t));
        const client = await connectSecurely(t, port, only);
        const { connection } = await next();
        let raws = 0;
        client.raw.on('close', () => (raws += 1));
        connection!.write('all of it');
        connection![how]();
        // Of a connection that just ends Node's client hears an end as well: what tells it is how much came before.
        const before = client.raw.bytesRead;
        assert.equal(await client.ended, 'end');
        assert.equal(client.text(), 'all of it');
        const records = client.raw.bytesRead - before;
        assert.ok(records >= 'all of it'.length + 16 + 2 + 16, `${records} bytes of ciphertext`);
        client.secure.end();
        await until(() => raws === 1, 'the connection is closed');
      });
    }

    test('a record that was changed on its way ends the connection as tls', async (t) => {
      const { port, next } = await listenSecurely(t, openTransport(t));
      let isOpen = false;
      const wire = await cutWire(
        t,
        port,
        () => 1 << 20,
        (chunk) => {
          if (isOpen) chunk[chunk.length - 1] ^= 1;
          return chunk;
        },
      );
      const client = await connectSecurely(t, wire, only);
      await once(client.secure, 'secureConnect');
      const recorder = await next();
      await settle();
      isOpen = true;
      client.secure.write('changed');
      await recorder.closed();
      assert.equal(recorder.text, '');
      assert.equal(recorder.reason?.kind, 'tls');
      assert.match(recorder.reason.code, /^ERR_SSL_/);
    });

    test('every cut of the wire makes the same connection', async (t) => {
      const { port, next } = await listenSecurely(t, openTransport(t));
      const bytes = pattern(40_000, 5);
      for (const piece of [1, 7, 1000]) {
        // Byte by byte for the handshake, and then a while.
        let passed = 0;
        const wire = await cutWire(t, port, () => ((passed += 1) < 3000 ? piece : 5000));
        const client = await connectSecurely(t, wire, only);
        const recorder = await next();
        client.secure.end(bytes);
        await recorder.until(() => recorder.events.includes('end'));
        assert.ok(recorder.bytes.equals(bytes));
        recorder.connection!.writeBytes(bytes, 0, bytes.length);
        recorder.connection!.end();
        await once(client.secure, 'close');
        assert.ok(client.text() === bytes.toString('latin1'));
      }
    });
  });
}

test('what a paused handler has not been given comes before the end, also when the connection has closed meanwhile', async (t) => {
  const { port, next } = await listenSecurely(t, openTransport(t));
  const client = await connectSecurely(t, port);
  const recorder = await next();
  const { connection } = recorder;
  connection!.end();
  connection!.pause();
  // Two full records and one that is not, and the end, in one read.
  const bytes = pattern(40_000, 6);
  client.secure.end(bytes);
  await settle();
  connection!.resume();
  recorder.on.bytes = () => connection!.pause();
  const ends = new Set<string>();
  while (recorder.reason === null) {
    const { received } = recorder;
    await until(() => recorder.received > received || recorder.reason !== null, 'more is delivered');
    await settle();
    for (const event of recorder.events) if (event !== 'bytes') ends.add(`${event} after ${recorder.received}`);
    connection!.resume();
    if (recorder.received === bytes.length) delete recorder.on.bytes;
    if (recorder.received === bytes.length) await recorder.closed();
  }
  assert.ok(recorder.bytes.equals(bytes));
  assert.deepEqual([...ends], []);
  assert.deepEqual(recorder.events, ['bytes', 'end', 'close end']);
});

test('a reset of a connection that is held by a paused handler is told, once', async (t) => {
  const { port, next } = await listenSecurely(t, openTransport(t));
  const client = await connectSecurely(t, port);
  const recorder = await next();
  const { connection } = recorder;
  recorder.on.bytes = () => connection!.pause();
  connection!.end();
  client.secure.end(pattern(60_000, 7));
  await recorder.until(() => recorder.received > 0);
  await until(() => client.raw.destroyed || client.secure.readableEnded, 'the client has both ends');
  await settle();
  connection!.reset();
  assert.equal(recorder.reason, null);
  await recorder.closed();
  await settle();
  assert.deepEqual(recorder.events, ['bytes', 'close local']);
});

test('a client cannot renegotiate', async (t) => {
  const { port, next } = await listenSecurely(t, openTransport(t));
  const client = await connectSecurely(t, port, { maxVersion: 'TLSv1.2' });
  await once(client.secure, 'secureConnect');
  await next();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  client.secure.on('error', resolve);
  client.secure.renegotiate({}, resolve);
  assert.match(String(await promise), /NO_RENEGOTIATION|no renegotiation/i);
});

test('a session goes on at the endpoint that it was earned at, for the name that was verified, by the client that has it', async (t) => {
  const transport = openTransport(t);
  const port = await serveSecurely(t, {}, (socket) => socket.write('hello'));
  const other = await serveSecurely(t, {}, (socket) => socket.write('hello'));
  const isResumed = async (client: ReturnType<typeof testClient>, name: string, to = port): Promise<boolean> => {
    const recorder = await dialSecurely(transport, { host: '127.0.0.1', port: to, tls: { client, name } });
    await recorder.until(() => recorder.text === 'hello');
    await settle();
    const { tls } = recorder.connection!.facts;
    recorder.connection!.reset();
    return tls!.isResumed;
  };
  const client = testClient();
  assert.equal(await isResumed(client, 'localhost'), false);
  assert.equal(await isResumed(client, 'localhost'), true);
  assert.equal(await isResumed(client, 'localhost'), true);
  assert.equal(await isResumed(client, '127.0.0.1'), false);
  assert.equal(await isResumed(client, '127.0.0.1'), true);
  assert.equal(await isResumed(client, 'localhost', other), false);
  assert.equal(await isResumed(testClient(), 'localhost'), false);
  const unverified = createTlsClient({ isVerified: false, minVersion: 'TLSv1.2', alpn: [] });
  assert.equal(await isResumed(unverified, 'localhost'), false);
  assert.ok(pair.cert.length > 0);
});
