/** What writes answer, when they drain, and that the peer gets exactly the bytes that were written. */
import assert from 'node:assert/strict';
import type { Random } from '../../src/core/random.ts';
import type { Connection } from '../../src/net/transport.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { assertSameBytes, pattern, settle, SIDES, stageTest } from './transport-stage.ts';
import type { CreateTransport } from './transport-stage.ts';

/** Around every size at which an engine may change its way of writing. */
const SIZES = [0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 16_384, 16_385, 65_536, 65_537, 131_072, 200_000, 1_000_000];
const MANY = 8 * 1024 * 1024;

export function writes(name: string, create: CreateTransport): void {
  for (const side of SIDES) {
    const title = (text: string): string => `${name}, ${side}: ${text}`;

    stageTest(title('write, writeBytes and writeHead arrive complete and in order'), create, async (stage) => {
      const { connection, peer } = await stage.pair(side);
      const expected: Buffer[] = [];
      for (const [index, size] of SIZES.entries()) {
        // Not reused: what has been lent stays lent until the drain.
        const bytes = pattern(size + 20, index);
        const text = pattern(Math.min(size, 3000), index + 100).toString('latin1');
        connection.write(text);
        connection.writeBytes(bytes, 10, 10 + size);
        expected.push(Buffer.from(text, 'latin1'), Buffer.from(bytes.subarray(10, 10 + size)));
        expected.push(Buffer.from(text, 'latin1'), Buffer.from(bytes.subarray(15, 15 + size)));
        connection.writeHead(text, Buffer.from(bytes), 15, 15 + size);
      }
      connection.end();
      assertSameBytes(await peer.readAllBytes(), Buffer.concat(expected));
    });

    stageTest(title('cork gathers text, and uncork sends it in one piece'), create, async (stage) => {
      const { connection, peer } = await stage.pair(side);
      connection.cork();
      assert.equal(connection.write('one '), true);
      assert.equal(connection.write('two '), true);
      await settle();
      assert.equal(peer.receivedBytes, 0);
      const bytes = pattern(10_000, 7);
      connection.writeBytes(bytes, 0, bytes.length);
      connection.write(' three');
      connection.writeHead(' four ', Buffer.from('....five'), 4, 8);
      connection.write(' six');
      assert.equal(connection.uncork(), !connection.isBlocked);
      connection.end();
      assert.equal(await peer.readAll(), `one two ${bytes.toString('latin1')} three four five six`);
    });

    stageTest(title('end and close send what is corked'), create, async (stage) => {
      for (const how of ['end', 'close'] as const) {
        const { connection, peer } = await stage.pair(side);
        connection.cork();
        connection.write('corked');
        connection[how]();
        assert.equal(await peer.readAll(), 'corked');
      }
    });

    stageTest(title('answers false while bytes wait, and drains exactly once for it'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      let wasBlockedInDrain = true;
      recorder.on.drain = () => (wasBlockedInDrain = connection.isBlocked);
      assert.equal(connection.write('fits'), true);
      assert.equal(connection.isBlocked, false);
      peer.stopReading();
      const first = pattern(MANY, 8);
      const second = pattern(100_000, 9);
      assert.equal(connection.writeBytes(first, 0, first.length), false);
      assert.equal(connection.isBlocked, true);
      assert.equal(connection.writeHead('head', second, 0, second.length), false);
      assert.equal(connection.write('tail'), false);
      await settle();
      assert.equal(recorder.drains, 0);
      peer.startReading();
      await recorder.until(() => recorder.drains > 0);
      assert.equal(wasBlockedInDrain, false);
      assert.equal(connection.write('.'), true);
      const text = `fits${first.toString('latin1')}head${second.toString('latin1')}tail.`;
      assert.ok((await peer.readBytes(text.length)) === text);
      await settle();
      assert.equal(recorder.drains, 1);
    });

    stageTest(title('blocks and drains again when written to inside of onDrain'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      const bytes = pattern(MANY, 10);
      const rounds = 3;
      recorder.on.drain = () => {
        if (recorder.drains < rounds) assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
      };
      connection.writeBytes(bytes, 0, bytes.length);
      await peer.readBytes(rounds * bytes.length);
      await recorder.until(() => recorder.drains === rounds);
      await settle();
      assert.equal(recorder.drains, rounds);
      assert.ok(!recorder.events.includes('REENTERED'));
    });

    stageTest(title('reads while its writes are stuck'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      peer.stopReading();
      const bytes = pattern(MANY, 11);
      connection.writeBytes(bytes, 0, bytes.length);
      await peer.send('knock');
      await recorder.until(() => recorder.text === 'knock');
      assert.equal(connection.isBlocked, true);
      peer.startReading();
      await recorder.until(() => recorder.drains === 1);
    });

    stageTest(
      title('sends every byte in order, however writes, corks and a halting reader alternate'),
      create,
      async (stage) => {
        for (let round = 0; round < 4; round += 1) {
          const { recorder, connection, peer } = await stage.pair(side);
          const written = await writeAtRandom(stage.net.random, connection, peer);
          peer.startReading();
          assertSameBytes(await peer.readAllBytes(), written);
          peer.end();
          await recorder.closed();
          assert.equal(recorder.reason?.kind, 'end');
          assert.equal(connection.isBlocked, false);
        }
      },
    );

    stageTest(title('ignores writes after end, reset and close'), create, async (stage) => {
      for (const how of ['end', 'reset', 'close'] as const) {
        const { connection, peer } = await stage.pair(side);
        await echo(connection, peer);
        connection[how]();
        const bytes = pattern(100_000, 12);
        assert.equal(connection.write('ignored'), true);
        assert.equal(connection.writeBytes(bytes, 0, bytes.length), true);
        assert.equal(connection.writeHead('ignored', bytes, 0, bytes.length), true);
        connection.cork();
        connection.write('ignored');
        assert.equal(connection.uncork(), true);
        assert.equal(connection.isBlocked, false);
        await peer.closed;
        assert.equal(peer.buffered.length, 0);
      }
    });
  }

  stageTest(`${name}: keeps what is written before the connect is done`, create, async (stage) => {
    const server = await stage.net.listen(() => {});
    const accepting = server.nextPeer();
    const recorder = stage.dial(server.port);
    const connection = recorder.connection!;
    recorder.on.connect = () => connection.write('after ');
    const bytes = pattern(200_000, 13);
    assert.equal(connection.write('before '), false);
    connection.writeHead('head ', bytes, 0, bytes.length);
    assert.equal(connection.isBlocked, true);
    const peer = await accepting;
    await recorder.until(() => recorder.drains === 1);
    assert.deepEqual(recorder.events, ['connect', 'drain']);
    connection.end();
    assert.equal(await peer.readAll(), `before head ${bytes.toString('latin1')}after `);
  });
}

/** Writes in every way, in any order, and ends; answers what the peer has to get. */
async function writeAtRandom(random: Random, connection: Connection, peer: RawPeer): Promise<Buffer> {
  const written: Buffer[] = [];
  for (let step = 0; step < 40; step += 1) {
    const bytes = pattern(Math.floor(2 ** (random.next() * 21)), step);
    const text = pattern(Math.floor(random.next() * 3000), step + 1).toString('latin1');
    const draw = Math.floor(random.next() * 8);
    if (draw === 0) connection.cork();
    else if (draw === 1) assert.equal(connection.uncork(), !connection.isBlocked);
    else if (draw === 2) peer.stopReading();
    else if (draw === 3) peer.startReading();
    else if (draw === 4) await settle();
    else if (draw === 5) written.push(Buffer.from(text, 'latin1'));
    else if (draw === 6) written.push(bytes);
    else written.push(Buffer.from(text, 'latin1'), bytes);
    if (draw === 5) connection.write(text);
    else if (draw === 6) connection.writeBytes(bytes, 0, bytes.length);
    else if (draw === 7) connection.writeHead(text, bytes, 0, bytes.length);
  }
  connection.end();
  return Buffer.concat(written);
}

/** Makes sure that both ends are there. */
async function echo(connection: Connection, peer: { readBytes(count: number): Promise<string> }): Promise<void> {
  connection.write('!');
  assert.equal(await peer.readBytes(1), '!');
}
