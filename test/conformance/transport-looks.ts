/** What a look at a connection finds that its events do not tell. */
import assert from 'node:assert/strict';
import type { Connection } from '../../src/net/transport.ts';
import { until } from '../support/until.ts';
import { SIDES, pattern, tcpTest } from './transport-stage.ts';
import type { CreateTransport } from './transport-stage.ts';

/** The system tells what its peers have taken and whether they are there. */
const isTold = process.platform === 'linux';

/** Looks until `isSo`. */
function find(connection: Connection, isSo: () => boolean, what: string): Promise<void> {
  return until(() => {
    connection.look();
    return isSo();
  }, what);
}

export function looks(name: string, create: CreateTransport): void {
  for (const side of SIDES) {
    const title = (text: string): string => `${name}, ${side}: ${text}`;

    tcpTest(title('a look finds how much the peer has taken, within one write'), create, async (stage) => {
      const { connection, peer } = await stage.pair(side);
      peer.stopReading();
      const bytes = pattern(24 * 1024 * 1024, 3);
      assert.equal(connection.writeBytes(bytes, 0, bytes.length), false);
      assert.equal(connection.takenBytes, -1);
      await find(connection, () => connection.takenBytes >= 0, 'something is known');
      if (isTold) assert.ok(connection.takenBytes < bytes.length, `${connection.takenBytes} bytes are taken`);
      const before = connection.takenBytes;
      peer.startReading();
      await find(connection, () => connection.takenBytes > before, 'more is taken');
      await find(connection, () => connection.takenBytes === bytes.length, 'all is taken');
      assert.equal(connection.peerState, 'there');
    });

    tcpTest(title('a look finds a FIN behind bytes that nobody reads'), create, async (stage) => {
      if (!isTold) return;
      const { recorder, connection, peer } = await stage.pair(side);
      connection.pause();
      void peer.send(pattern(1000, 4)).then(() => peer.end());
      await find(connection, () => connection.peerState === 'ended', 'the peer has ended');
      assert.equal(connection.hasEnded, false);
      assert.equal(recorder.events.includes('end'), false);
      connection.resume();
      await recorder.until(() => recorder.events.includes('end'));
    });

    tcpTest(title('a look finds a reset behind bytes that nobody reads'), create, async (stage) => {
      if (!isTold) return;
      const { connection, peer } = await stage.pair(side);
      connection.pause();
      await peer.send(pattern(1000, 5));
      peer.reset();
      await find(connection, () => connection.peerState === 'gone' || connection.isClosed, 'the peer has gone');
    });
  }
}
