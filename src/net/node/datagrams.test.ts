import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../../test/support/until.ts';
import type { DatagramFlowEvents, DatagramListenerEvents, DatagramPeer } from '../datagrams.ts';
import { Guard } from '../guard.ts';
import { LoopClock } from '../loop-clock.ts';
import type { CloseReason } from '../transport.ts';
import { createNodeDatagrams } from './datagrams.ts';
import { findSendRequest } from './dgram-internals.ts';

/** Node then gives every datagram to libuv to be sent later, as it does where the system has no room for it. */
const ALL_WAIT = '--test-udp-no-try-send';
const doAllWait = process.execArgv.includes(ALL_WAIT);
const HOST = { guard: new Guard((error) => assert.fail(String(error))), clock: new LoopClock() };
const WAYS = [
  { how: 'by the handle', find: findSendRequest },
  { how: 'by the socket', find: () => Promise.resolve(null) },
];

class Heard implements DatagramListenerEvents, DatagramFlowEvents {
  readonly texts: string[] = [];
  readonly errors: (readonly [CloseReason, string | undefined])[] = [];
  peer: DatagramPeer | null = null;
  isOpen = false;
  unsent = 0;

  onOpen(): void {
    this.isOpen = true;
  }

  onDatagram(datagram: Buffer, peer?: DatagramPeer): void {
    this.texts.push(datagram.toString());
    this.peer = peer ?? null;
  }

  onUnsent(): void {
    this.unsent++;
  }

  onError(reason: CloseReason, unsent: Buffer | null): void {
    this.errors.push([reason, unsent?.toString()]);
  }

  onFault(error: unknown): void {
    assert.fail(String(error));
  }
}

async function bound(t: TestContext, host: string): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const listening = once(socket, 'listening');
  socket.bind(0, host);
  await listening;
  t.after(() => socket.close());
  return socket;
}

for (const { how, find } of WAYS) {
  for (const host of ['127.0.0.1', '::1']) {
    test(`datagrams go to a peer and come back, sent ${how} (${host})`, async (t) => {
      const datagrams = createNodeDatagrams(HOST, find);
      const [heard, answered] = [new Heard(), new Heard()];
      const listener = await datagrams.listen({ host, port: 0, reusePort: false }, heard);
      const flow = datagrams.connect({ host, port: listener.port }, answered);
      t.after(() => flow.close());
      t.after(() => listener.close());
      await until(() => answered.isOpen, 'it is open');
      const questions = ['one', '', 'three'];
      for (const question of questions) assert.equal(flow.send(Buffer.from(question)), true);
      await until(() => heard.texts.length === 3, 'they have come');
      assert.deepEqual(heard.texts, questions);
      for (const text of ['four', 'five']) assert.equal(listener.send(Buffer.from(text), heard.peer!), true);
      await until(() => answered.texts.length === 2, 'they are answered');
      assert.deepEqual([answered.texts, answered.errors, heard.unsent], [['four', 'five'], [], 0]);
    });
  }

  test(`what cannot be sent is told after send has returned, sent ${how}`, async (t) => {
    const datagrams = createNodeDatagrams(HOST, find);
    const [heard, refused] = [new Heard(), new Heard()];
    const listener = await datagrams.listen({ host: '127.0.0.1', port: 0, reusePort: false }, heard);
    const vacant = await bound(t, '127.0.0.1');
    const flow = datagrams.connect({ host: '127.0.0.1', port: vacant.address().port }, refused);
    t.after(() => flow.close());
    t.after(() => listener.close());
    await until(() => refused.isOpen, 'it is open');
    // No datagram is so long.
    const tooLong = Buffer.alloc(70_000, 'x');
    assert.equal(listener.send(tooLong, { address: '127.0.0.1', port: listener.port }), true);
    assert.equal(flow.send(tooLong), true);
    assert.deepEqual([heard.unsent, refused.errors], [0, []]);
    await until(() => heard.unsent === 1 && refused.errors.length === 1, 'both are told');
    const [[{ code }, unsent]] = refused.errors;
    assert.deepEqual([code, unsent], ['EMSGSIZE', tooLong.toString()]);
    assert.equal(flow.send(Buffer.from('goes on')), true);
    const [datagram] = (await once(vacant, 'message')) as [Buffer];
    assert.equal(datagram.toString(), 'goes on');
  });

  test(`a sender at port 0 is not answered, and however many there are, all others are, sent ${how}`, async (t) => {
    const datagrams = createNodeDatagrams(HOST, find);
    const [heard, receiver] = [new Heard(), await bound(t, '127.0.0.1')];
    const listener = await datagrams.listen({ host: '127.0.0.1', port: 0, reusePort: false }, heard);
    t.after(() => listener.close());
    // More than may wait to be sent.
    for (let sent = 0; sent < 1100; sent++)
      assert.equal(listener.send(Buffer.from('to nobody'), { address: '127.0.0.1', port: 0 }), false);
    const arrived = once(receiver, 'message');
    const { port } = receiver.address();
    assert.equal(listener.send(Buffer.from('answer'), { address: '127.0.0.1', port }), true);
    assert.equal(String((await arrived)[0]), 'answer');
    assert.equal(heard.unsent, 0);
  });

  test(`an address at which nothing listens is told as refused, sent ${how}`, async (t) => {
    const datagrams = createNodeDatagrams(HOST, find);
    const first = await datagrams.listen({ host: '127.0.0.1', port: 0, reusePort: false }, new Heard());
    const refused = new Heard();
    const flow = datagrams.connect({ host: '127.0.0.1', port: first.port }, refused);
    t.after(() => flow.close());
    await until(() => refused.isOpen, 'it is open');
    first.close();
    await until(() => {
      flow.send(Buffer.from('is anybody there'));
      return refused.errors.length > 0;
    }, 'it is told');
    const [[{ kind, code }]] = refused.errors;
    assert.deepEqual([kind, code], ['refused', 'ECONNREFUSED']);
  });
}

test('a datagram has left when send returns: it arrives although the socket closes', { skip: doAllWait }, async (t) => {
  const datagrams = createNodeDatagrams(HOST);
  const receiver = await bound(t, '127.0.0.1');
  const listener = await datagrams.listen({ host: '127.0.0.1', port: 0, reusePort: false }, new Heard());
  const arrived = once(receiver, 'message');
  listener.send(Buffer.from('the last words'), { address: '127.0.0.1', port: receiver.address().port });
  listener.close();
  const [datagram] = (await arrived) as [Buffer];
  assert.equal(datagram.toString(), 'the last words');
});

test('datagrams that have to wait are bounded, and leave in their order', { skip: !doAllWait }, async (t) => {
  const datagrams = createNodeDatagrams(HOST);
  const [heard, answered] = [new Heard(), new Heard()];
  const listener = await datagrams.listen({ host: '127.0.0.1', port: 0, reusePort: false }, heard);
  const flow = datagrams.connect({ host: '127.0.0.1', port: listener.port }, answered);
  t.after(() => flow.close());
  t.after(() => listener.close());
  await until(() => answered.isOpen, 'it is open');
  const texts = Array.from({ length: 64 }, (_, index) => `datagram ${index}`);
  for (const text of texts) assert.equal(flow.send(Buffer.from(text)), true);
  assert.equal(flow.send(Buffer.from('one too many')), false);
  await until(() => heard.texts.length === 64, 'they have come');
  assert.deepEqual(heard.texts, texts);
  assert.equal(flow.send(Buffer.from('again')), true);
  await until(() => heard.texts.length === 65, 'there is room again');
});

test('all of this holds where every datagram has to wait', { skip: doAllWait }, () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [ALL_WAIT, fileURLToPath(import.meta.url)], {
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('this Node sends by the handle of its sockets', async () => {
  assert.notEqual(await findSendRequest(), null);
});
