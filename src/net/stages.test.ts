import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptedConnection, ConnectionFacts, ConnectionHandler } from './transport.ts';
import { passStages } from './stages.ts';
import type { Stage } from './stages.ts';

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

const FACTS: ConnectionFacts = {
  scheme: 'http',
  alpn: '',
  serverName: '',
  peer: { address: '127.0.0.1', port: 1 },
  localPort: 2,
  tls: null,
};

function connectionNamed(name: string): AcceptedConnection {
  return { name, facts: FACTS, handler: listener('nobody', []) } as unknown as AcceptedConnection;
}

/** As a transport does it: the answer of `passStages` becomes the handler. */
function accept(connection: AcceptedConnection, stages: readonly Stage[], heard: string[]): void {
  connection.handler = passStages(connection, stages, {
    open: () => listener('codec', heard),
    gone: () => void heard.push('gone'),
  });
}

/** Takes one read for itself and hands on what is behind its first byte. */
function firstByte(name: string, heard: string[]): Stage {
  return {
    begin: (_connection, next) => ({
      ...listener(name, heard),
      onBytes(buffer, start, end) {
        heard.push(`${name} ${String.fromCharCode(buffer[start])}`);
        next(buffer, start + 1, end);
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
    begin(_connection, next) {
      next(null);
      return listener('hasty', heard);
    },
  };
  accept(connection, [hasty, hasty], heard);
  connection.handler.onEnd();
  assert.deepEqual(heard, ['codec end']);
});

test('what a stage has found out stands in the facts when the next one and the codec get the connection', () => {
  const connection = connectionNamed('raw');
  const seen: string[] = [];
  const proxy: Stage = {
    begin(accepted, next) {
      accepted.facts = { ...accepted.facts, peer: { address: '192.0.2.7', port: 7 } };
      next(null);
      return listener('proxy', []);
    },
  };
  const hello: Stage = {
    begin(accepted, next) {
      seen.push(accepted.facts.peer.address);
      accepted.facts = { ...accepted.facts, alpn: 'h2', serverName: 'a.example' };
      next(null);
      return listener('hello', []);
    },
  };
  const codec = ({ facts }: AcceptedConnection): ConnectionHandler => {
    seen.push(`${facts.peer.address} ${facts.alpn} ${facts.serverName}`);
    return listener('codec', []);
  };
  connection.handler = passStages(connection, [proxy, hello], { open: codec, gone: () => {} });
  assert.deepEqual(seen, ['192.0.2.7', '192.0.2.7 h2 a.example']);
});

test('a connection that closes in a stage is gone, and the codec never has it', () => {
  const heard: string[] = [];
  const connection = connectionNamed('raw');
  const waiting: Stage = {
    begin: (_connection, _next, gone) => ({ ...listener('waiting', heard), onClose: gone }),
  };
  accept(connection, [firstByte('one', heard), waiting], heard);
  connection.handler.onBytes(Buffer.from('abc'), 0, 3);
  connection.handler.onClose({ kind: 'end', code: '' });
  assert.deepEqual(heard, ['one a', 'waiting bc', 'gone']);
});

test('a stage that secures a connection puts another one in its place', () => {
  const heard: string[] = [];
  const raw = connectionNamed('raw');
  const secured = connectionNamed('secured');
  const opened: AcceptedConnection[] = [];
  const entered: ConnectionHandler[] = [];
  const ofStage = listener('stage', heard);
  let secure = (): void => {};
  const stage: Stage = {
    begin(_connection, next) {
      secure = () => next(Buffer.from('rest'), 0, 4, secured);
      return ofStage;
    },
  };
  raw.handler = passStages(raw, [stage], {
    open(connection) {
      opened.push(connection);
      return listener('codec', heard);
    },
    gone() {},
    entered: (handler) => void entered.push(handler),
  });
  assert.deepEqual([entered, opened], [[ofStage], []]);
  secure();
  secured.handler.onEnd();
  raw.handler.onEnd();
  assert.deepEqual(opened, [secured]);
  assert.deepEqual(heard, ['codec rest', 'codec end', 'stage end']);
});
