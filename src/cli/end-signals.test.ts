import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { EndSignals } from './end-signals.ts';

function setUp(): {
  source: EventEmitter;
  signals: EndSignals;
  heard: string[];
  send: (atMs: number, signal: string) => void;
} {
  const source = new EventEmitter();
  let nowMs = 0;
  const signals = new EndSignals(source, { now: () => nowMs, wallTime: () => nowMs });
  const heard: string[] = [];
  for (const signal of ['SIGINT', 'SIGTERM']) signals.on(signal, (name: string) => heard.push(name));
  const send = (atMs: number, signal: string): void => {
    nowMs = atMs;
    source.emit(signal, signal);
  };
  return { source, signals, heard, send };
}

describe('the signals that end a process', () => {
  test('the signals that end a process count once when copies of one arrive together', () => {
    const { signals, heard, send } = setUp();
    for (const atMs of [0, 3, 99]) send(atMs, 'SIGINT');
    assert.deepEqual(heard, ['SIGINT']);
    assert.equal(signals.count, 1);
  });

  test('the signals that end a process count again when somebody sends another', () => {
    const { signals, heard, send } = setUp();
    send(0, 'SIGINT');
    send(100, 'SIGINT');
    assert.deepEqual(heard, ['SIGINT', 'SIGINT']);
    assert.equal(signals.count, 2);
  });

  test('a signal that ends a process is never taken for a copy of the other kind', () => {
    const { heard, send } = setUp();
    send(0, 'SIGTERM');
    send(1, 'SIGINT');
    assert.deepEqual(heard, ['SIGTERM', 'SIGINT']);
  });

  test('the signals that end a process are left alone after stop', () => {
    const { source, signals } = setUp();
    signals.stop();
    assert.deepEqual(source.eventNames(), []);
  });
});
