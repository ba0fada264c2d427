/** What is known of a plain connection. */
import assert from 'node:assert/strict';
import type { AcceptedConnection } from '../../src/net/transport.ts';
import { SIDES, tcpTest } from './transport-stage.ts';
import type { CreateTransport } from './transport-stage.ts';

export function plainFacts(name: string, create: CreateTransport): void {
  for (const side of SIDES) {
    tcpTest(
      `${name}, ${side}: its facts are those of plain TCP, and keep what a stage has written`,
      create,
      async (stage) => {
        const { connection, peer } = await stage.pair(side);
        const port = peer.socket.localPort as number;
        const localPort = peer.socket.remotePort as number;
        const facts = {
          scheme: 'http',
          alpn: '',
          serverName: '',
          peer: { address: '127.0.0.1', port },
          localPort,
          tls: null,
        };
        assert.deepEqual(connection.facts, facts);
        const told = { ...connection.facts, peer: { address: '192.0.2.7', port: 7 } };
        (connection as AcceptedConnection).facts = told;
        assert.deepEqual(connection.facts, told);
        assert.equal(connection.remoteAddress, '127.0.0.1');
      },
    );
  }
}
