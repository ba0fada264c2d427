/** What a tcp check writes, waits for, and takes at most; no probe here is ever called off. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { TcpCheckSpec } from '../core/snapshot.ts';
import type { ProbeResult } from './probe.ts';
import { probeTcp } from './tcp-probe.ts';

async function probe(
  t: TestContext,
  talk: Partial<TcpCheckSpec>,
  serve: (socket: net.Socket) => void,
): Promise<ProbeResult> {
  const server = net.createServer((socket) => serve(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const check = { kind: 'tcp', send: '', expect: '', ...talk } as TcpCheckSpec;
  return probeTcp({ check, address: '127.0.0.1', port, authority: 'a' }, new AbortController().signal);
}

describe('a tcp check', () => {
  it('a tcp check writes what it sends and passes on what it expects, however it is cut', async (t) => {
    const asked: string[] = [];
    const result = await probe(t, { send: 'PING\r\n', expect: '+PONG' }, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        asked.push(chunk.toString());
        socket.write('hello +PO');
        setImmediate(() => socket.write('NG\r\n'));
      });
    });
    assert.deepEqual([result.outcome, result.reason], ['pass', 'the expected text']);
    assert.deepEqual(asked, ['PING\r\n']);
  });

  it('a tcp check takes a greeting without having sent anything', async (t) => {
    const result = await probe(t, { expect: '220 ' }, (socket) => socket.write('220 mail.test ESMTP\r\n'));
    assert.equal(result.outcome, 'pass');
  });

  it('a tcp check fails where the server closes before it has said what is expected', async (t) => {
    const result = await probe(t, { send: 'PING\r\n', expect: '+PONG' }, (socket) => socket.end('-ERR\r\n'));
    assert.deepEqual([result.outcome, result.reason], ['fail', 'it closed after 6 bytes without the expected text']);
  });

  it('a tcp check fails on 64 KiB without the text, from a server that never ends', { timeout: 60_000 }, async (t) => {
    const result = await probe(t, { expect: 'needle' }, (socket) => {
      const send = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(16_384))) {
          // The system takes more.
        }
      };
      socket.on('drain', send);
      send();
    });
    assert.deepEqual([result.outcome, result.reason], ['fail', 'the expected text is not in the first 64 KiB']);
  });

  it('a tcp check that sends and expects nothing passes when it is connected, and the server has what was sent', async (t) => {
    const { promise: received, resolve } = Promise.withResolvers<string>();
    const result = await probe(t, { send: 'hello' }, (socket) =>
      socket.on('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    assert.deepEqual([result.outcome, await received], ['pass', 'hello']);
  });
});
