import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../core/clock.ts';
import { Timer, TimerWheel } from './timer-wheel.ts';

const TICK_MS = 50;

class RecordedTimer extends Timer {
  readonly firedAt: number[] = [];
  readonly #now: () => number;
  action: (() => void) | null = null;
  fault: unknown = null;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override onTimeout(): void {
    this.firedAt.push(this.#now());
    this.action?.();
  }

  override onFault(error: unknown): void {
    this.fault = error;
  }
}

/** A wheel on a clock that the test moves; ticks come every {@link TICK_MS}, or late. */
class WheelStage {
  now = 1234.5;
  isTicking = false;
  readonly faults: unknown[] = [];
  readonly wheel: TimerWheel;

  constructor() {
    this.wheel = new TimerWheel({
      clock: { now: () => this.now, wallTime: () => this.now },
      onFault: (error) => this.faults.push(error),
      tickMs: TICK_MS,
      turns: {
        every: () => {
          assert.equal(this.isTicking, false);
          this.isTicking = true;
          return () => (this.isTicking = false);
        },
      },
    });
  }

  timer(): RecordedTimer {
    return new RecordedTimer(() => this.now);
  }

  /** Moves time on, with a tick every `everyMs` while the wheel asks for ticks. */
  advance(ms: number, everyMs = TICK_MS): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + everyMs);
      if (this.isTicking) this.wheel.tick();
    }
  }
}

describe('the timer wheel', () => {
  test('the timer wheel fires once, not before its deadline and at most a tick after it', () => {
    for (const ms of [0, 1, 49, 50, 51, 999, 25_600, 25_700, 75_000, 3_600_000]) {
      const stage = new WheelStage();
      const timer = stage.timer();
      const deadline = stage.now + ms;
      stage.wheel.arm(timer, ms);
      stage.advance(ms + 3 * TICK_MS);
      assert.equal(timer.firedAt.length, 1, `${ms} ms`);
      assert.ok(timer.firedAt[0] >= deadline && timer.firedAt[0] <= deadline + 2 * TICK_MS, `${ms} ms`);
      assert.equal(timer.isArmed, false);
    }
  });

  test('the timer wheel pushes a deadline later without moving the timer, and fires at the new one', () => {
    const stage = new WheelStage();
    const timer = stage.timer();
    stage.wheel.arm(timer, 1000);
    for (let push = 0; push < 100; push += 1) {
      stage.advance(100);
      stage.wheel.arm(timer, 1000);
    }
    const deadline = stage.now + 1000;
    assert.deepEqual(timer.firedAt, []);
    stage.advance(2000);
    assert.equal(timer.firedAt.length, 1);
    assert.ok(timer.firedAt[0] >= deadline);
  });

  test('the timer wheel pulls a deadline earlier', () => {
    const stage = new WheelStage();
    const timer = stage.timer();
    stage.wheel.arm(timer, 75_000);
    stage.wheel.arm(timer, 100);
    stage.advance(200);
    assert.equal(timer.firedAt.length, 1);
    stage.advance(80_000);
    assert.equal(timer.firedAt.length, 1);
  });

  test('the timer wheel forgets a timer that is disarmed', () => {
    const stage = new WheelStage();
    const timer = stage.timer();
    stage.wheel.arm(timer, 100);
    stage.wheel.disarm(timer);
    stage.wheel.disarm(timer);
    assert.equal(stage.wheel.armedCount, 0);
    assert.equal(timer.next, null);
    stage.advance(1000);
    assert.deepEqual(timer.firedAt, []);
  });

  test('the timer wheel ticks only while timers are armed, and begins again', () => {
    const stage = new WheelStage();
    const timer = stage.timer();
    assert.equal(stage.isTicking, false);
    stage.wheel.arm(timer, 100);
    assert.equal(stage.isTicking, true);
    stage.advance(500);
    assert.equal(stage.isTicking, false);
    stage.advance(100_000);
    stage.wheel.arm(timer, 100);
    stage.advance(200);
    assert.equal(timer.firedAt.length, 2);
  });

  test('the timer wheel lets a timer arm itself and others, and disarm others, while it fires', () => {
    const stage = new WheelStage();
    const [first, second, third] = [stage.timer(), stage.timer(), stage.timer()];
    first.action = () => {
      stage.wheel.arm(first, 0);
      stage.wheel.disarm(second);
      stage.wheel.arm(third, 60_000);
    };
    for (const timer of [first, second, third]) stage.wheel.arm(timer, 100);
    stage.advance(500);
    assert.ok(first.firedAt.length >= 4);
    assert.deepEqual(second.firedAt, []);
    assert.deepEqual(third.firedAt, []);
  });

  test('a timer that throws is reported and told, and harms no other', () => {
    const stage = new WheelStage();
    const [bad, good] = [stage.timer(), stage.timer()];
    const bug = new Error('bug');
    bad.action = () => {
      throw bug;
    };
    stage.wheel.arm(bad, 10);
    stage.wheel.arm(good, 10);
    stage.advance(200);
    assert.deepEqual(stage.faults, [bug]);
    assert.equal(bad.fault, bug);
    assert.equal(good.firedAt.length, 1);
  });

  test('the timer wheel fires everything that is due after the thread was held up for longer than the horizon', () => {
    const stage = new WheelStage();
    const timers = [10, 5000, 25_599, 30_000, 59_000].map((ms) => {
      const timer = stage.timer();
      stage.wheel.arm(timer, ms);
      return timer;
    });
    stage.advance(60_000, 60_000);
    for (const timer of timers) assert.equal(timer.firedAt.length, 1);
  });

  test('the timer wheel agrees with a sorted list of deadlines, whatever is armed, disarmed and held up', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('arm' as const), at: fc.nat(9), ms: fc.oneof(fc.nat(200), fc.nat(80_000)) }),
      fc.record({ op: fc.constant('disarm' as const), at: fc.nat(9), ms: fc.constant(0) }),
      fc.record({ op: fc.constant('advance' as const), at: fc.nat(400), ms: fc.oneof(fc.nat(300), fc.nat(40_000)) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), agreesWithModel), { numRuns: 300 });
  });
});

interface Step {
  readonly op: 'arm' | 'disarm' | 'advance';
  /** The timer's index; of an advance, how late its ticks are. */
  readonly at: number;
  readonly ms: number;
}

test('a thread that was held up reads what had come in time before a deadline passes', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  t.after(() => client.destroy());
  const events: string[] = [];
  const wheel = new TimerWheel({ clock: systemClock, onFault: (error) => assert.fail(String(error)), tickMs: 5 });
  const timer = new RecordedTimer(() => 0);
  timer.action = () => events.push('deadline');
  socket.on('data', () => events.push('bytes'));
  wheel.arm(timer, 10);
  // As the last thing before timers are looked at: the write reaches the kernel at once, and the deadline passes.
  setImmediate(() => {
    client.write('x');
    const until = performance.now() + 100;
    while (performance.now() < until);
  });
  await new Promise((resolve) => socket.once('data', resolve));
  while (events.length < 2) await new Promise(setImmediate);
  assert.deepEqual(events, ['bytes', 'deadline']);
});

/** The model keeps each timer's deadline; the wheel owes a firing at the first tick after it. */
function agreesWithModel(steps: readonly Step[]): void {
  const stage = new WheelStage();
  const deadlines: number[] = Array.from({ length: 10 }, () => Infinity);
  const timers = deadlines.map((_, index) => {
    const timer = stage.timer();
    timer.action = () => {
      assert.ok(stage.now >= deadlines[index], 'fired early, or not armed');
      deadlines[index] = Infinity;
    };
    return timer;
  });
  for (const { op, at, ms } of steps) {
    if (op === 'arm') {
      stage.wheel.arm(timers[at], ms);
      deadlines[at] = stage.now + ms;
    } else if (op === 'disarm') {
      stage.wheel.disarm(timers[at]);
      deadlines[at] = Infinity;
    } else {
      stage.advance(ms, TICK_MS + at);
    }
    assert.equal(stage.wheel.armedCount, deadlines.filter((deadline) => deadline !== Infinity).length);
    for (const deadline of deadlines) assert.ok(deadline > stage.now - 2 * TICK_MS - 400, 'overdue');
  }
  stage.advance(90_000);
  assert.ok(deadlines.every((deadline) => deadline === Infinity));
  assert.equal(stage.isTicking, false);
}
