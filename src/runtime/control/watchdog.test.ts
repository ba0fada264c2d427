import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTime } from '../../../test/support/fake-time.ts';
import { WATCH_MS, Watchdog } from './watchdog.ts';
import type { Watched } from './watchdog.ts';

class Thread implements Watched {
  count = 0;
  burntMs = 0;
  isGone = false;

  beats(): number {
    return this.count;
  }

  cpuMs(): Promise<number> {
    return this.isGone ? Promise.reject(new Error('gone')) : Promise.resolve(this.burntMs);
  }
}

interface Step {
  readonly beats?: boolean;
  /** Share of the time that the thread burns. */
  readonly burns?: number;
  /** How late the watchdog's own thread is, in ms. */
  readonly late?: number;
}

function start(threads: Thread[]) {
  const time = new FakeTime();
  const looping: Thread[] = [];
  const watchdog = new Watchdog<Thread>(time, (thread) => looping.push(thread));
  const run = async (looks: number, { beats = false, burns = 0, late = 0 }: Step): Promise<void> => {
    for (let look = 0; look < looks; look++) {
      const ms = WATCH_MS + late;
      time.advance(ms);
      for (const thread of threads) {
        thread.burntMs += ms * burns;
        if (beats) thread.count++;
      }
      watchdog.look(threads.filter((thread) => !looping.includes(thread)));
      await new Promise(setImmediate);
    }
  };
  return { looping, run };
}

describe('the watchdog', () => {
  it('the watchdog calls a thread looping whose heartbeat stands still while it burns the processor for a second', async () => {
    const thread = new Thread();
    const { looping, run } = start([thread]);
    await run(5, { beats: true, burns: 1 });
    await run(12, { burns: 1 });
    assert.deepEqual(looping, []);
    await run(3, { burns: 1 });
    assert.deepEqual(looping, [thread]);
  });

  it('the watchdog leaves a thread alone that beats, whatever it burns', async () => {
    const { looping, run } = start([new Thread()]);
    await run(50, { beats: true, burns: 1 });
    assert.deepEqual(looping, []);
  });

  it('the watchdog leaves a thread alone that is not given the processor', async () => {
    const { looping, run } = start([new Thread()]);
    await run(40, { burns: 0.4 });
    assert.deepEqual(looping, []);
  });

  it('the watchdog does not judge by a second in which its own thread was late', async () => {
    const thread = new Thread();
    const { looping, run } = start([thread]);
    await run(12, { burns: 1, late: 60 });
    assert.deepEqual(looping, []);
    await run(14, { burns: 1 });
    assert.deepEqual(looping, [thread]);
  });

  for (const [title, step] of [
    ['its own thread is always late', { burns: 0.1, late: 60 }],
    ['the thread gets a tenth of a processor', { burns: 0.1 }],
  ] as const) {
    it(`the watchdog calls a thread looping that has used two seconds of the processor without a beat, although ${title}`, async () => {
      const thread = new Thread();
      const { looping, run } = start([thread]);
      const looks = (ms: number): number => Math.round(ms / 0.1 / (WATCH_MS + ('late' in step ? step.late : 0)));
      await run(looks(1900), step);
      assert.deepEqual(looping, []);
      await run(looks(300), step);
      assert.deepEqual(looping, [thread]);
    });
  }

  it('the watchdog does not count what a thread has used before its last beat', async () => {
    const { looping, run } = start([new Thread()]);
    for (let round = 0; round < 5; round++) {
      await run(100, { burns: 0.1 });
      await run(1, { beats: true, burns: 0.1 });
    }
    assert.deepEqual(looping, []);
  });

  it('the watchdog begins anew when the heartbeat has moved in between', async () => {
    const { looping, run } = start([new Thread()]);
    for (let round = 0; round < 5; round++) {
      await run(10, { burns: 1 });
      await run(1, { beats: true, burns: 1 });
    }
    assert.deepEqual(looping, []);
  });

  it('the watchdog forgives a thread that is gone when it asks', async () => {
    const thread = new Thread();
    thread.isGone = true;
    const { looping, run } = start([thread]);
    await run(30, { burns: 1 });
    assert.deepEqual(looping, []);
  });
});
