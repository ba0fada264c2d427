import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { NOBODY } from '../nobody.ts';
import type { Connection, ConnectionHandler } from '../transport.ts';
import { NodeConnection } from './connection.ts';
import { handleWrites } from './handle-writes.ts';
import { createNodeTransport } from './transport.ts';

/** Node 24 wants a request with every write, and tells in another way whether it needed it. */
const isKnownToWrite = !process.version.startsWith('v24.');

test('this Node takes writes by the handle, as far as is known of it', () => {
  assert.equal(handleWrites !== null, isKnownToWrite);
});

test('what leaves at once never meets the stream of its socket', { skip: !isKnownToWrite }, async (t) => {
  const { connection, socket, received } = await connect(t);
  t.mock.method(socket, 'write', () => assert.fail('the stream was written to'));
  const bytes = Buffer.alloc(10_000, 'bytes');
  assert.equal(connection.write('text '), true);
  assert.equal(connection.writeBytes(bytes, 0, bytes.length), true);
  await until(() => received().length === 10_005, 'all has arrived');
  assert.equal(received(), `text ${bytes.toString('latin1')}`);
  assert.equal(socket.bytesWritten, 10_005);
});

const title = 'a write that fails at once is told later, as a close, and what is written meanwhile is ignored';
test(title, { skip: !isKnownToWrite }, async (t) => {
  const { connection, socket, closes } = await connect(t);
  const { _handle: handle } = socket as unknown as { _handle: { writeLatin1String: () => number } };
  handle.writeLatin1String = () => -32;
  assert.equal(connection.write('lost'), true);
  assert.deepEqual(closes, []);
  Reflect.deleteProperty(handle, 'writeLatin1String');
  assert.equal(connection.write('ignored'), true);
  await until(() => closes.length > 0, 'it has closed');
  assert.deepEqual(closes, [{ kind: 'reset', code: 'EPIPE' }]);
});

/** An accepted connection, and what the other end has got of it. */
async function connect(t: TestContext): Promise<{
  connection: Connection;
  socket: NodeConnection['socket'];
  received: () => string;
  closes: unknown[];
}> {
  const transport = createNodeTransport({
    onFault: (error) => assert.fail(String(error)),
    writes: handleWrites,
  });
  const closes: unknown[] = [];
  let accepted: Connection | null = null;
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) => {
    accepted = connection;
    return { ...NOBODY, onClose: (reason) => void closes.push(reason) };
  });
  let text = '';
  const reader: ConnectionHandler = {
    ...NOBODY,
    onBytes: (buffer, start, end) => void (text += buffer.latin1Slice(start, end)),
  };
  const dialled = transport.dial({ host: '127.0.0.1', port: listener.port }, reader);
  t.after(async () => {
    dialled.reset();
    await listener.close();
  });
  await until(() => accepted !== null, 'it is accepted');
  const connection: unknown = accepted;
  assert.ok(connection instanceof NodeConnection);
  return { connection, socket: connection.socket, received: () => text, closes };
}
