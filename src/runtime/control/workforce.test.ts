import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Crew } from '../../../test/support/crew.ts';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { until } from '../../../test/support/until.ts';
import { createSeededRandom } from '../../core/random.ts';
import type { RestingListener } from '../shared/messages.ts';

describe('a reload to fewer workers', () => {
  for (const failed of [2, 3]) {
    it(`a reload to fewer workers sends heirs away that are still to begin (${failed} of 3 are being replaced)`, async () => {
      const crew = await Crew.start(createSeededRandom(1), 3);
      crew.fakes.holdStarts();
      const [listener] = testSnapshot({ ports: [] }).listeners;
      const estate = crew.fakes.alive.slice(3 - failed).map((failing): RestingListener => {
        const resting = { listener, handle: new MessageChannel().port1 };
        failing.say({ type: 'failed', message: 'a test', stack: '' });
        failing.say({ type: 'released', sockets: [resting] });
        failing.say({ type: 'idle', received: 0 });
        return resting;
      });
      const given: RestingListener[] = [];
      const { listeners } = crew.set;
      listeners.give = async (sockets) => {
        given.push(...sockets);
        return [];
      };
      await until(() => crew.set.load().lost === failed, 'heirs are on their way');
      await crew.reload(1);
      crew.fakes.letStart();
      await crew.settle();
      // What the others would have inherited is nobody's loss.
      await until(() => given.length === failed, 'every listening socket has been given on');
      assert.deepEqual(new Set(given), new Set(estate));
      await crew.set.stop();
    });
  }

  it('a reload to fewer workers sends those first that have failed and are about to be replaced', async () => {
    const crew = await Crew.start(createSeededRandom(1), 3);
    const [first, second] = crew.fakes.alive;
    for (const failing of [first, second]) failing.say({ type: 'failed', message: 'a test', stack: '' });
    await until(() => crew.set.serving.length === 1, 'they serve no more');
    const reloaded = crew.reload(1);
    for (const failing of [first, second]) {
      failing.say({ type: 'released', sockets: [] });
      failing.say({ type: 'idle', received: 0 });
    }
    await reloaded;
    await crew.settle();
    assert.equal(crew.set.load().replaced, 0);
    await crew.set.stop();
  });

  for (const fault of ['throw', 'exit'] as const) {
    it(`a reload to fewer workers does not replace one that dies on its way out (${fault})`, async () => {
      const crew = await Crew.start(createSeededRandom(1), 3);
      crew.set.listeners.setThreads = async () => {
        const [, , last, ...others] = crew.fakes.alive;
        assert.deepEqual(others, []);
        last?.breakDown(fault);
        await until(() => crew.fakes.alive.length === 2 || crew.changes.length > 0, 'that is heard of');
      };
      await crew.reload(2);
      await crew.settle();
      assert.equal(crew.set.load().replaced, 0);
      await crew.set.stop();
    });
  }
});
