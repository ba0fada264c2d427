import assert from 'node:assert/strict';
import { NOBODY } from './nobody.ts';
import type { CloseReason, Connection } from './transport.ts';
import { threeWays } from '../../test/support/segmented-socket.ts';
import type { RawPeer, SegmentedNet } from '../../test/support/segmented-socket.ts';
import { createNodeTransport } from './node/create-transport.ts';
import { lingerClose } from './lingering-close.ts';
import { TimerWheel } from './timer-wheel.ts';

const ANSWER = 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

interface LingerStage {
  readonly peer: RawPeer;
  readonly connection: Connection;
  readonly reason: Promise<CloseReason>;
  readonly elapse: (ms: number) => void;
}

/** A client whose first bytes are answered, and its connection then closed lingering. */
async function answered(net: SegmentedNet, maxBytes: number): Promise<LingerStage> {
  let now = 0;
  const clock = { now: () => now, wallTime: () => now };
  const onFault = (error: unknown): void => assert.fail(String(error));
  const wheel = new TimerWheel({ clock, onFault, turns: { every: () => () => {} } });
  const transport = createNodeTransport({ onFault });
  const closed = Promise.withResolvers<CloseReason>();
  const accepting = Promise.withResolvers<Connection>();
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) => {
    accepting.resolve(connection);
    return {
      ...NOBODY,
      onBytes() {
        connection.write(ANSWER);
        lingerClose(connection, wheel, { maxBytes, ms: 5000 }, closed.resolve);
      },
    };
  });
  net.t.after(() => listener.close());
  const peer = await net.connect(listener.port);
  await peer.send('P');
  const connection = await accepting.promise;
  assert.equal(await peer.readUntil('\r\n\r\n'), ANSWER);
  const elapse = (ms: number): void => {
    now += ms;
    wheel.tick();
  };
  return { peer, connection, reason: closed.promise, elapse };
}

threeWays('lingering close sends FIN, throws away what still comes, and ends with the client', async (net) => {
  const { peer, connection, reason } = await answered(net, 256 * 1024);
  assert.equal(await peer.readAll(), '');
  await peer.send(Buffer.alloc(100_000));
  peer.end();
  assert.equal((await reason).kind, 'end');
  assert.equal(connection.bytesRead, 100_001);
});

threeWays('lingering close reads no more than its bytes', async (net) => {
  const { peer, connection, reason } = await answered(net, 10_000);
  void peer.send(Buffer.alloc(2_000_000));
  assert.equal((await reason).kind, 'local');
  assert.ok(connection.bytesRead < 300_000);
});

threeWays('lingering close waits no longer than its time', async (net) => {
  const { peer, reason, elapse } = await answered(net, 10_000);
  await peer.closed;
  elapse(4900);
  await peer.send('x');
  elapse(200);
  assert.equal((await reason).kind, 'local');
});

threeWays('lingering close gets its answer to a client that is uploading', async (net) => {
  for (let round = 0; round < 20; round += 1) {
    const onFault = (error: unknown): void => assert.fail(String(error));
    const clock = { now: () => performance.now(), wallTime: () => Date.now() };
    const wheel = new TimerWheel({ clock, onFault });
    const transport = createNodeTransport({ onFault });
    const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) => ({
      ...NOBODY,
      onBytes() {
        connection.write(ANSWER);
        lingerClose(connection, wheel);
      },
    }));
    const peer = await net.connect(listener.port);
    void peer.send(Buffer.alloc(100_000)).then(() => peer.end());
    assert.equal(await peer.readAll(), ANSWER);
    await listener.close();
    wheel.stop();
  }
});
