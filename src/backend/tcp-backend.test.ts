import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { socketPathOf } from '../core/unix-address.ts';
import { startTcpBackend } from './tcp-backend.ts';

test('a mock server below HTTP says its name, and sends back what it hears, to its end', async () => {
  await using backend = await startTcpBackend({ name: 'db1' });
  assert.equal(backend.url, `tcp://127.0.0.1:${backend.port}`);
  const socket = connect({ port: backend.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end('hello');
  assert.equal(await text(socket), 'db1\nhello');
});

test('a mock server below HTTP that is closed cuts its connections', async () => {
  const backend = await startTcpBackend();
  const socket = connect(backend.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
  await backend.close();
  await closed;
  await backend.close();
});

test('a mock server below HTTP listens on a unix socket', async () => {
  const host = `unix:@fairlead-tcp-backend-${process.pid}`;
  await using backend = await startTcpBackend({ host });
  assert.deepEqual([backend.url, backend.port], [host, 0]);
  const socket = connect({ path: socketPathOf(host) });
  const [line] = (await once(socket, 'data')) as [Buffer];
  assert.equal(line.toString(), 'backend\n');
  socket.destroy();
});
