import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { closeOnSignals } from './signals.ts';

describe('end signals', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`end signals drain on ${signal}, and say so when all has ended`, async () => {
      const source = new EventEmitter();
      const calls: unknown[] = [];
      const closed = Promise.withResolvers<undefined>();
      const close = (options: unknown): Promise<undefined> => {
        calls.push(options);
        return closed.promise;
      };
      const { ended } = closeOnSignals({ close }, source);
      source.emit(signal, signal);
      assert.deepEqual(calls, [{ force: false }]);
      closed.resolve(undefined);
      assert.equal(await ended, signal);
    });
  }

  it('end signals end at once on a second signal of either kind', async () => {
    const source = new EventEmitter();
    const calls: unknown[] = [];
    const draining = Promise.withResolvers<undefined>();
    const close = (options: { force?: boolean } = {}): Promise<undefined> => {
      calls.push(options);
      if (options.force === true) draining.resolve(undefined);
      return draining.promise;
    };
    const { ended } = closeOnSignals({ close }, source);
    source.emit('SIGTERM', 'SIGTERM');
    source.emit('SIGINT', 'SIGINT');
    assert.equal(await ended, 'SIGTERM');
    assert.deepEqual(calls, [{ force: false }, { force: true }]);
  });

  it('end signals are left alone after stop', () => {
    const source = new EventEmitter();
    closeOnSignals({ close: () => Promise.reject(new Error('not to be called')) }, source).stop();
    assert.equal(source.emit('SIGTERM', 'SIGTERM'), false);
  });
});
