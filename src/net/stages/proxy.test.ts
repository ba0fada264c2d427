import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTime } from '../../../test/support/fake-time.ts';
import { ThreadMemory } from '../../core/kept-memory.ts';
import { MemoryTable, createMemoryTable } from '../../core/shared/memory-table.ts';
import { NOBODY } from '../nobody.ts';
import { passStages } from '../stages.ts';
import { TimerWheel } from '../timer-wheel.ts';
import type { AcceptedConnection } from '../transport.ts';
import { ProxyStage } from './proxy.ts';

/** What happens to a connection that is accepted from this address, in order. */
function heardOf(remoteAddress: string): readonly string[] {
  const heard: string[] = [];
  const time = new FakeTime();
  const wheel = new TimerWheel({ clock: time, turns: time, onFault: (error) => assert.fail(String(error)) });
  const connection = {
    remoteAddress,
    handler: NOBODY,
    reset: () => void heard.push('reset'),
  } as unknown as AcceptedConnection;
  const stage = new ProxyStage({
    mode: 'require',
    wheel,
    memory: new ThreadMemory(new MemoryTable(createMemoryTable(1), 0)),
    isSender: (address) => address === '10.0.0.1',
    timeoutMs: () => 1000,
    refused: (_connection, rule) => void heard.push(rule),
  });
  const codec = (): never => assert.fail('the codec has it');
  connection.handler = passStages(connection, [stage], { open: codec, gone: () => void heard.push('gone') });
  connection.handler.onClose({ kind: 'local', code: '' });
  assert.equal(wheel.armedCount, 0);
  return heard;
}

test('a connection that was reset before it was accepted is a health check: it has no address, and nothing is told', () => {
  assert.deepEqual(heardOf(''), ['reset', 'gone']);
});

test('a connection from an address that is not listed is told of', () => {
  assert.deepEqual(heardOf('10.0.0.2'), ['reset', 'it comes from none of the listed networks', 'gone']);
});
