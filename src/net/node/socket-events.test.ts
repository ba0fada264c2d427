import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { tie } from './socket-events.ts';

test('a socket that has closed lets go of its connection, and of nobody who is yet to hear of the close', async () => {
  const heard: string[] = [];
  const socket = new net.Socket();
  tie(socket, {
    onConnect: () => void heard.push('connect'),
    onEnd: () => void heard.push('end'),
    onError: () => void heard.push('error'),
    onClose: () => void heard.push('close'),
    onWriteFailed: () => false,
  });
  socket.on('close', () => void heard.push('close, later'));
  socket.destroy();
  await until(() => heard.length === 2, 'it has closed');
  socket.emit('error', new Error('late'));
  socket.emit('end');
  socket.emit('close');
  assert.deepEqual(heard, ['close', 'close, later']);
  assert.deepEqual(socket.eventNames(), ['error']);
});
