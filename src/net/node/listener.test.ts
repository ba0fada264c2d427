import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { Guard } from '../guard.ts';
import { BACKLOG, NodeListener, hearSockets } from './listener.ts';

test('a listener whose accept fails rests for a moment, reports it, and goes on', { timeout: 60_000 }, async (t) => {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const reported: unknown[] = [];
  const accepting = Promise.withResolvers<net.Socket>();
  const guard = new Guard((error) => reported.push(error));
  const listener = new NodeListener(server, BACKLOG, hearSockets, (socket) => accepting.resolve(socket), guard);
  const failure = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  server.emit('error', failure);
  assert.deepEqual(reported, [failure]);
  assert.equal(server.listening, false);
  const client = net.connect({ port: listener.port, host: '127.0.0.1' });
  t.after(() => client.destroy());
  const accepted = await accepting.promise;
  accepted.destroy();
  await listener.close();
});
