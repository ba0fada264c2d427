/** Listening, and not listening for a while. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Recorder } from './transport-recorder.ts';
import { settle, stageTest, tcpTest } from './transport-stage.ts';
import type { CreateTransport } from './transport-stage.ts';

export function listeners(name: string, create: CreateTransport): void {
  const loopback = { host: '127.0.0.1', reusePort: false };

  tcpTest(`${name}: a listener says where it listens, and an address in use rejects`, create, async (stage) => {
    const { listener } = await stage.listen();
    assert.equal(listener.host, '127.0.0.1');
    assert.ok(listener.port > 0);
    const second = stage.transport.listen({ ...loopback, port: listener.port }, () => new Recorder());
    await assert.rejects(second, { code: 'EADDRINUSE' });
  });

  tcpTest(`${name}: two listeners share a port that both open for it`, create, async (stage) => {
    const accept = (): Recorder => new Recorder();
    const first = await stage.transport.listen({ host: '127.0.0.1', port: 0, reusePort: true }, accept);
    const second = await stage.transport.listen({ host: '127.0.0.1', port: first.port, reusePort: true }, accept);
    assert.equal(second.port, first.port);
    await Promise.all([first.close(), second.close()]);
  });

  tcpTest(`${name}: a listener counts the connections that are open`, create, async (stage) => {
    const { listener, accepted } = await stage.listen();
    const peers = await Promise.all([1, 2, 3].map(() => stage.net.connect(listener.port)));
    while (listener.connectionCount < 3) await settle();
    peers[0].reset();
    await accepted[0].until(() => listener.connectionCount === 2 || accepted[0].reason !== null);
    while (listener.connectionCount > 2) await settle();
    for (const recorder of accepted) recorder.connection!.close();
    while (listener.connectionCount > 0) await settle();
  });

  tcpTest(`${name}: close refuses new connections, keeps the open ones and frees the port`, create, async (stage) => {
    const { listener, accepted } = await stage.listen();
    const peer = await stage.net.connect(listener.port);
    while (accepted.length === 0) await settle();
    await listener.close();
    await listener.close();
    await assert.rejects(stage.net.connect(listener.port), { code: 'ECONNREFUSED' });
    await peer.send('still served');
    await accepted[0].until(() => accepted[0].text === 'still served');
    const again = await stage.transport.listen({ ...loopback, port: listener.port }, () => new Recorder());
    assert.equal(again.port, listener.port);
    await again.close();
  });

  stageTest(`${name}: while accepting is paused connections wait, and are served afterwards`, create, async (stage) => {
    const { listener, accepted } = await stage.listen();
    for (let round = 1; round <= 3; round += 1) {
      listener.pauseAccepting();
      listener.pauseAccepting();
      const peers = await Promise.all(Array.from({ length: 30 }, () => stage.net.connect(listener.port)));
      const sending = peers.map((peer) => peer.send('hello'));
      await settle();
      assert.equal(accepted.length, (round - 1) * 30);
      listener.resumeAccepting();
      listener.resumeAccepting();
      while (accepted.length < round * 30) await settle();
      await Promise.all(accepted.map((recorder) => recorder.until(() => recorder.text === 'hello')));
      await Promise.all(sending);
    }
    assert.equal(listener.connectionCount, 90);
  });

  tcpTest(`${name}: a listener that is paused can be closed`, create, async (stage) => {
    const { listener } = await stage.listen();
    listener.pauseAccepting();
    await listener.close();
    listener.resumeAccepting();
    await assert.rejects(stage.net.connect(listener.port), { code: 'ECONNREFUSED' });
  });

  tcpTest(`${name}: a listener on all addresses shows IPv4 peers as IPv4`, create, async (stage) => {
    if (!(await hasIpv6())) return;
    const recorders: Recorder[] = [];
    const listener = await stage.transport.listen({ host: '::', port: 0, reusePort: false }, (connection) => {
      const recorder = new Recorder();
      recorder.connection = connection;
      recorders.push(recorder);
      return recorder;
    });
    const peer = await stage.net.connect(listener.port);
    await peer.send('x');
    while (recorders.length === 0) await settle();
    assert.equal(recorders[0].connection!.remoteAddress, '127.0.0.1');
    recorders[0].connection!.close();
    await listener.close();
  });
}

async function hasIpv6(): Promise<boolean> {
  const server = net.createServer();
  server.listen({ host: '::1', port: 0 });
  const outcome = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]);
  server.close();
  return outcome;
}
