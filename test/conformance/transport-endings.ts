/** How connections end: FIN, half-close, RST, ours and the peer's; and that nobody is called from within a call of ours. */
import assert from 'node:assert/strict';
import type { Connection } from '../../src/net/transport.ts';
import type { EventName } from './transport-recorder.ts';
import type { Recorder } from './transport-recorder.ts';
import { assertSameBytes, pattern, settle, SIDES, stageTest, tcpTest } from './transport-stage.ts';
import type { CreateTransport } from './transport-stage.ts';

export function endings(name: string, create: CreateTransport): void {
  for (const side of SIDES) {
    const start = side === 'dialled' ? ['connect'] : [];
    const title = (text: string): string => `${name}, ${side}: ${text}`;

    stageTest(title("tells the peer's FIN, and can write after it until it ends, too"), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      await peer.send('hello');
      peer.end();
      await recorder.until(() => recorder.events.includes('end'));
      assert.equal(recorder.text, 'hello');
      assert.equal(connection.hasEnded, true);
      assert.equal(connection.isClosed, false);
      const answer = pattern(1_000_000, 1);
      connection.writeBytes(answer, 0, answer.length);
      connection.end();
      assertSameBytes(await peer.readAllBytes(), answer);
      await recorder.closed();
      assert.deepEqual(
        recorder.events.filter((event) => event !== 'drain'),
        [...start, 'bytes', 'end', 'close end'],
      );
    });

    stageTest(title('reads on after its own FIN until the peer ends'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      connection.write('bye');
      connection.end();
      assert.equal(await peer.readAll(), 'bye');
      await peer.send('still here');
      peer.end();
      await recorder.closed();
      assert.equal(recorder.text, 'still here');
      assert.deepEqual(recorder.events, [...start, 'bytes', 'end', 'close end']);
    });

    stageTest(title('sends all that is pending before its FIN'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      peer.stopReading();
      const bytes = pattern(8 * 1024 * 1024, 2);
      assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
      connection.end();
      assert.equal(connection.write('after the end'), true);
      await settle();
      peer.startReading();
      assertSameBytes(await peer.readAllBytes(), bytes);
      peer.end();
      await recorder.closed();
      assert.equal(recorder.reason?.kind, 'end');
    });

    stageTest(
      title('sends what was written in several waits before its FIN, and drains after it'),
      create,
      async (stage) => {
        const { recorder, connection, peer } = await stage.pair(side);
        const parts = [1, 2, 3].map((salt) => pattern(8 * 1024 * 1024, salt));
        peer.stopReading();
        connection.writeBytes(parts[0], 0, parts[0].length);
        connection.writeBytes(parts[1], 0, parts[1].length);
        // Until the first has left and the second is under way.
        peer.startReading();
        while (peer.receivedBytes < parts[0].length) await new Promise(setImmediate);
        peer.stopReading();
        await settle();
        assert.equal(connection.writeBytes(parts[2], 0, parts[2].length), false);
        connection.end();
        await settle();
        peer.startReading();
        assertSameBytes(await peer.readAllBytes(), Buffer.concat(parts));
        peer.end();
        await recorder.closed();
        assert.deepEqual(recorder.events.slice(-3), ['drain', 'end', 'close end']);
      },
    );

    tcpTest(title("tells the peer's RST from a FIN"), create, async (stage) => {
      const { recorder, peer } = await stage.pair(side);
      await peer.send('x');
      await recorder.until(() => recorder.received > 0);
      peer.reset();
      await recorder.closed();
      assert.deepEqual(recorder.reason, { kind: 'reset', code: 'ECONNRESET' });
      assert.deepEqual(recorder.events, [...start, 'bytes', 'close reset']);
    });

    tcpTest(title('tells a RST while bytes are pending, and drains no more'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      peer.stopReading();
      const bytes = pattern(8 * 1024 * 1024, 3);
      assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
      peer.reset();
      await recorder.closed();
      assert.deepEqual(recorder.events, [...start, 'close reset']);
      assert.equal(connection.isClosed, true);
      assert.equal(connection.isBlocked, false);
    });

    tcpTest(title("tells a RST that follows the peer's FIN at the next write"), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      peer.end();
      await recorder.until(() => recorder.events.includes('end'));
      peer.reset();
      await peer.closed;
      const timer = setInterval(() => connection.write('anybody there?'), 1);
      await recorder.closed();
      clearInterval(timer);
      assert.deepEqual(recorder.events, [...start, 'end', 'close reset']);
    });

    stageTest(title('sees a FIN that came while paused after it resumes'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      connection.pause();
      await peer.send('last words');
      peer.end();
      await settle();
      assert.deepEqual(recorder.events, start);
      connection.resume();
      await recorder.until(() => recorder.events.includes('end'));
      assert.equal(recorder.text, 'last words');
      assert.deepEqual(recorder.events, [...start, 'bytes', 'end']);
    });

    tcpTest(title('sees a RST that came while paused once it resumes'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      connection.pause();
      peer.reset();
      await settle();
      connection.resume();
      await recorder.closed();
      assert.equal(recorder.reason?.kind, 'reset');
    });

    for (const how of ['reset', 'close'] as const) {
      const seen = how === 'reset' ? 'rst' : 'fin';

      tcpTest(title(`${how} is seen by the peer as ${seen}, and closes as local`), create, async (stage) => {
        const { recorder, connection, peer } = await stage.pair(side);
        connection.write('bye');
        await peer.readBytes(3);
        connection[how]();
        assert.equal(connection.isClosed, true);
        assert.equal(recorder.reason, null);
        assert.equal(connection.write('ignored'), true);
        connection[how]();
        assert.equal(await peer.closed, seen);
        await recorder.closed();
        await settle();
        assert.deepEqual(recorder.events, [...start, 'close local']);
      });

      stageTest(title(`${how} drops what is pending`), create, async (stage) => {
        const { recorder, connection, peer } = await stage.pair(side);
        peer.stopReading();
        const bytes = pattern(8 * 1024 * 1024, 4);
        connection.writeBytes(bytes, 0, bytes.length);
        connection[how]();
        await recorder.closed();
        peer.startReading();
        await peer.closed;
        assert.ok(peer.receivedBytes < bytes.length);
        assert.deepEqual(recorder.events, [...start, 'close local']);
      });

      stageTest(title(`${how} right after end closes, too`), create, async (stage) => {
        const { recorder, connection, peer } = await stage.pair(side);
        connection.write('complete');
        connection.end();
        connection[how]();
        await recorder.closed();
        assert.equal(recorder.reason?.kind, 'local');
        await peer.closed;
      });

      for (const event of ['connect', 'bytes', 'drain', 'end'] as const) {
        if (event === 'connect' && side === 'accepted') continue;
        stageTest(title(`${how} inside of ${event} is the last but onClose`), create, async (stage) => {
          const { recorder, connection, peer } = await stage.pair(side, (its) => (its.on[event] = (it) => it[how]()));
          await provoke(event, connection, () => peer.end(), peer.send.bind(peer));
          await recorder.closed();
          await settle();
          assert.deepEqual(recorder.events.slice(-2), [event, 'close local']);
          assert.ok(!recorder.events.includes('REENTERED'));
        });
      }

      tcpTest(title(`${how} inside of onClose does nothing`), create, async (stage) => {
        const { recorder, peer } = await stage.pair(side, (its) => (its.on.close = (it) => it[how]()));
        peer.reset();
        await recorder.closed();
        await settle();
        assert.deepEqual(recorder.events, [...start, 'close reset']);
      });
    }

    stageTest(title('ends once where it is told to within a drain'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side, (its) => (its.on.drain = (it) => it.end()));
      peer.stopReading();
      const bytes = pattern(8 * 1024 * 1024, 16);
      assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
      await settle();
      peer.startReading();
      assertSameBytes(await peer.readAllBytes(), bytes);
      await settle();
      peer.end();
      await recorder.closed();
      assert.deepEqual(recorder.events, [...start, 'drain', 'end', 'close end']);
    });

    tcpTest(title('resets after its end what is still pending'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      peer.stopReading();
      const bytes = pattern(8 * 1024 * 1024, 15);
      assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
      connection.end();
      await settle();
      connection.reset();
      await recorder.closed();
      peer.startReading();
      assert.equal(await peer.closed, 'rst');
      assert.deepEqual(recorder.events, [...start, 'close local']);
    });

    stageTest(title('delivers bytes and the FIN behind them when both are there at once'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      connection.pause();
      // Of writes of a byte each the buffer of a unix socket takes a few hundred.
      const bytes = pattern(create.ground === 'unix' ? 200 : 50_000, 5);
      await peer.send(bytes);
      peer.end();
      await settle();
      connection.resume();
      await recorder.until(() => recorder.events.includes('end'));
      assertSameBytes(recorder.bytes, bytes);
      connection.end();
      await recorder.closed();
      assert.deepEqual(recorder.events, [...start, 'bytes', 'end', 'close end']);
    });
  }

  tcpTest(`${name}: a refused connect closes as refused, after dial has returned`, create, async (stage) => {
    const server = await stage.net.listen(() => {});
    await server.close();
    const recorder = stage.dial(server.port);
    assert.deepEqual(recorder.events, []);
    assert.equal(recorder.connection!.write('too early'), false);
    await recorder.closed();
    assert.deepEqual(recorder.reason, { kind: 'refused', code: 'ECONNREFUSED' });
    await settle();
    assert.deepEqual(recorder.events, ['close refused']);
  });

  for (const how of ['reset', 'close'] as const) {
    stageTest(
      `${name}: ${how} before the connect is done closes as local and never connects`,
      create,
      async (stage) => {
        const server = await stage.net.listen(() => {});
        const recorder = stage.dial(server.port);
        recorder.connection!.write('lost');
        recorder.connection![how]();
        await recorder.closed();
        await settle();
        assert.deepEqual(recorder.events, ['close local']);
      },
    );
  }

  stageTest(`${name}: end before the connect is done sends what was written, and FIN`, create, async (stage) => {
    const server = await stage.net.listen(() => {});
    const accepting = server.nextPeer();
    const recorder = stage.dial(server.port);
    recorder.connection!.write('early');
    recorder.connection!.end();
    const peer = await accepting;
    assert.equal(await peer.readAll(), 'early');
    peer.end();
    await recorder.closed();
    assert.equal(recorder.reason?.kind, 'end');
  });

  tcpTest(`${name}: reset inside of accept closes the connection`, create, async (stage) => {
    const recorders: Recorder[] = [];
    const { listener } = await stage.listen((recorder) => {
      recorders.push(recorder);
      recorder.connection!.reset();
    });
    // The reset may overtake the connect that it answers.
    const seen = await stage.net.connect(listener.port).then(
      (peer) => peer.closed,
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    assert.ok(seen === 'rst' || seen === 'ECONNRESET', String(seen));
    await recorders[0].closed();
    assert.deepEqual(recorders[0].events, ['close local']);
  });
}

/** Makes an event happen on an open connection. */
async function provoke(
  event: EventName,
  connection: Connection,
  end: () => void,
  send: (text: string) => Promise<void>,
): Promise<void> {
  if (event === 'bytes') await send('bytes');
  if (event === 'end') end();
  if (event === 'drain') {
    const bytes = pattern(8 * 1024 * 1024, 6);
    assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
  }
}
