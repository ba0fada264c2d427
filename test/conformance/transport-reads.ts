/** What arrives, when reading stops and goes on, and who hears of it. */
import assert from 'node:assert/strict';
import { Recorder } from './transport-recorder.ts';
import { assertSameBytes, pattern, settle, SIDES, stageTest, tcpTest } from './transport-stage.ts';
import type { CreateTransport } from './transport-stage.ts';

export function reads(name: string, create: CreateTransport): void {
  for (const side of SIDES) {
    const title = (text: string): string => `${name}, ${side}: ${text}`;

    stageTest(title('delivers every byte in order, and counts them'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      const bytes = pattern(1_000_000, 20);
      await peer.send(bytes);
      await recorder.until(() => recorder.received === bytes.length);
      assertSameBytes(recorder.bytes, bytes);
      assert.equal(connection.bytesRead, bytes.length);
    });

    stageTest(
      title('delivers nothing more once paused inside of onBytes, and all of it in the end'),
      create,
      async (stage) => {
        const { recorder, connection, peer } = await stage.pair(side);
        const bytes = pattern(1_000_000, 21);
        let calls = 0;
        recorder.on.bytes = () => {
          calls += 1;
          connection.pause();
        };
        const sending = peer.send(bytes);
        while (recorder.received < bytes.length) {
          const before = calls;
          await recorder.until(() => calls > before || recorder.received === bytes.length);
          await settle();
          assert.ok(calls <= before + 1);
          connection.resume();
        }
        await sending;
        assertSameBytes(recorder.bytes, bytes);
      },
    );

    stageTest(title('delivers nothing while paused from outside'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      await peer.send('before');
      await recorder.until(() => recorder.text === 'before');
      connection.pause();
      connection.pause();
      await peer.send('after');
      await settle();
      assert.equal(recorder.text, 'before');
      connection.resume();
      connection.resume();
      await recorder.until(() => recorder.text === 'beforeafter');
    });

    stageTest(title('goes on when paused and resumed inside of one onBytes'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      recorder.on.bytes = () => {
        connection.pause();
        connection.resume();
      };
      const bytes = pattern(300_000, 22);
      await peer.send(bytes);
      await recorder.until(() => recorder.received === bytes.length);
      assertSameBytes(recorder.bytes, bytes);
    });

    stageTest(title('can be paused before its first byte'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side, (its) => {
        if (side === 'accepted') its.connection!.pause();
        else its.on.connect = (it) => it.pause();
      });
      await peer.send('patience');
      await settle();
      assert.equal(recorder.received, 0);
      connection.resume();
      await recorder.until(() => recorder.text === 'patience');
    });

    stageTest(
      title('speaks to a handler that was set inside of onBytes from the next bytes on'),
      create,
      async (stage) => {
        const { recorder, connection, peer } = await stage.pair(side);
        const second = new Recorder();
        second.connection = connection;
        recorder.on.bytes = () => (connection.handler = second);
        await peer.send(Buffer.from('a'));
        await recorder.until(() => recorder.received > 0);
        await peer.send('rest');
        peer.end();
        await second.until(() => second.events.includes('end'));
        assert.equal(recorder.text, 'a');
        assert.equal(second.text, 'rest');
        connection.end();
        await second.closed();
        assert.deepEqual(second.events, ['bytes', 'end', 'close end']);
      },
    );

    stageTest(title('lets a handler scribble over what it was given'), create, async (stage) => {
      const { recorder, peer } = await stage.pair(side);
      recorder.onBorrowed = (buffer, start, end) => buffer.fill(0, start, end);
      const bytes = pattern(300_000, 23);
      await peer.send(bytes);
      await recorder.until(() => recorder.received === bytes.length);
      assertSameBytes(recorder.bytes, bytes);
    });
  }

  stageTest(`${name}: can be paused before the connect is done`, create, async (stage) => {
    const server = await stage.net.listen((peer) => peer.send('welcome'));
    const recorder = stage.dial(server.port);
    recorder.connection!.pause();
    await recorder.until(() => recorder.events.includes('connect'));
    await settle();
    assert.equal(recorder.received, 0);
    recorder.connection!.resume();
    await recorder.until(() => recorder.text === 'welcome');
  });

  tcpTest(`${name}: knows both addresses in their shortest form`, create, async (stage) => {
    const { recorder, connection, peer } = await stage.pair('accepted');
    assert.equal(connection.remoteAddress, '127.0.0.1');
    assert.equal(connection.localAddress, '127.0.0.1');
    assert.equal(connection.remotePort, peer.socket.localPort);
    assert.equal(connection.localPort, peer.socket.remotePort);
    peer.reset();
    await recorder.closed();
    assert.equal(connection.remoteAddress, '127.0.0.1');
  });
}
