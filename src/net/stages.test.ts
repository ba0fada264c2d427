import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, ConnectionHandler } from './transport.ts';
import { passStages } from './stages.ts';
import type { NextStage, Stage } from './stages.ts';

/** A handler that writes down what it hears. */
function listener(name: string, heard: string[]): ConnectionHandler {
  return {
    onConnect() {},
    onBytes: (buffer, start, end) => void heard.push(`${name} ${buffer.latin1Slice(start, end)}`),
    onDrain() {},
    onEnd: () => void heard.push(`${name} end`),
    onClose() {},
    onFault() {},
  };
}

function connectionNamed(name: string): Connection {
  return { name, handler: listener('nobody', []) } as unknown as Connection;
}

/** As a transport does it: the answer of `passStages` becomes the handler. */
function accept(connection: Connection, stages: readonly Stage[], heard: string[]): void {
  connection.handler = passStages(connection, stages, () => listener('codec', heard));
}

/** Takes one read for itself and hands on what is behind its first byte. */
function firstByte(name: string, heard: string[]): Stage {
  return {
    begin: (connection, next) => ({
      ...listener(name, heard),
      onBytes(buffer, start, end) {
        heard.push(`${name} ${String.fromCharCode(buffer[start])}`);
        next(connection, Buffer.from(buffer.subarray(start + 1, end)));
      },
    }),
  };
}

test('a connection without stages is heard by the codec', () => {
  const heard: string[] = [];
  const connection = connectionNamed('raw');
  accept(connection, [], heard);
  connection.handler.onEnd();
  assert.deepEqual(heard, ['codec end']);
});

test('stages have their turn one after another, each with what the one before left over', () => {
  const heard: string[] = [];
  const connection = connectionNamed('raw');
  accept(connection, [firstByte('one', heard), firstByte('two', heard)], heard);
  connection.handler.onBytes(Buffer.from('abc'), 0, 3);
  connection.handler.onEnd();
  assert.deepEqual(heard, ['one a', 'two b', 'codec c', 'codec end']);
});

test('a stage that has nothing left over leaves the next one to wait', () => {
  const heard: string[] = [];
  const connection = connectionNamed('raw');
  accept(connection, [firstByte('one', heard), firstByte('two', heard)], heard);
  connection.handler.onBytes(Buffer.from('a'), 0, 1);
  connection.handler.onBytes(Buffer.from('bc'), 0, 2);
  assert.deepEqual(heard, ['one a', 'two b', 'codec c']);
});

test('a stage that is done before it answers is heard no more', () => {
  const heard: string[] = [];
  const connection = connectionNamed('raw');
  const hasty: Stage = {
    begin(current, next) {
      next(current, null);
      return listener('hasty', heard);
    },
  };
  accept(connection, [hasty, hasty], heard);
  connection.handler.onEnd();
  assert.deepEqual(heard, ['codec end']);
});

test('a stage that hands on another connection goes on hearing of its own', () => {
  const heard: string[] = [];
  const raw = connectionNamed('raw');
  const inner = connectionNamed('inner');
  const wrapping: Stage = {
    begin(_current: Connection, next: NextStage) {
      next(inner, null);
      return listener('wrapping', heard);
    },
  };
  accept(raw, [wrapping], heard);
  raw.handler.onEnd();
  inner.handler.onEnd();
  assert.deepEqual(heard, ['wrapping end', 'codec end']);
});
