import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { createSelfSigned } from '../../../test/support/self-signed.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock } from '../../core/clock.ts';
import { Guard } from '../guard.ts';
import { LoopClock } from '../loop-clock.ts';
import { NOBODY } from '../nobody.ts';
import type { ConnectionHost } from './connection-host.ts';
import { LoopTurnCount } from './loop-turn-count.ts';
import { ReadBuffers } from './read-buffers.ts';
import { SocketTable } from './socket-table.ts';
import { NodeTlsInfo } from './tls-info.ts';
import { createTlsConnection, speakOver } from './tls-open.ts';

const RECORD = 16 * 1024;

function createHost(): ConnectionHost {
  return {
    guard: new Guard((error) => assert.fail(String(error))),
    clock: new LoopClock(systemClock),
    buffers: new ReadBuffers(8),
    sockets: new SocketTable(),
    turns: new LoopTurnCount(),
    landsTls: true,
  };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version}: records that come together are one piece, and their buffer is free again, be the last one long or short`, async (t) => {
    const host = createHost();
    const certificate = createSelfSigned('localhost');
    const server = tls.createServer({ ...certificate, minVersion: version, maxVersion: version });
    t.after(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pieces: number[] = [];
    const handler = { ...NOBODY, onBytes: (_: Buffer, start: number, end: number) => void pieces.push(end - start) };
    const raw = net.connect({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port });
    await once(raw, 'connect');
    const connection = createTlsConnection(raw, false, handler, host);
    const socket = tls.connect({ socket: raw, ca: certificate.cert, host: 'localhost' });
    t.after(() => socket.destroy());
    speakOver(socket, connection, host);
    socket.on('secureConnect', () => {
      connection.facts = { ...connection.facts, tls: new NodeTlsInfo(socket, null) };
      connection.onConnect();
    });
    const [peer] = (await once(server, 'secureConnection')) as [tls.TLSSocket];
    const sum = (): number => pieces.reduce((total, piece) => total + piece, 0);
    for (const size of [2 * RECORD + 100, RECORD, 3 * RECORD]) {
      pieces.length = 0;
      for (let round = 1; round <= 12; round++) {
        peer.write(Buffer.alloc(size));
        await until(() => sum() === round * size, 'all of it has come');
        assert.equal(host.buffers.outCount, 0, `after burst ${round} of ${size}`);
      }
      assert.ok(pieces.length < 20, String(pieces));
    }
  });
}
