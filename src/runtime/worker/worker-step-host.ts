/** What the steps of a thread have of it. */
import type { Snapshot } from '../../core/snapshot.ts';
import type { ClientTables, MiddlewareModules, StepHost } from '../../http/steps/step-host.ts';
import type { LoopClock } from '../../net/loop-clock.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { LoadedParts } from './loaded-parts.ts';

/** Of the data plane. */
interface Plane {
  readonly worker: number;
  readonly wheel: TimerWheel;
  readonly parts: LoadedParts;
  readonly snapshot: Snapshot | null;
}

export class WorkerStepHost implements StepHost {
  readonly worker: number;
  readonly wheel: TimerWheel;
  readonly #plane: Plane;
  readonly clock: LoopClock;

  constructor(plane: Plane, clock: LoopClock) {
    this.worker = plane.worker;
    this.wheel = plane.wheel;
    this.#plane = plane;
    this.clock = clock;
  }

  get snapshot(): Snapshot | null {
    return this.#plane.snapshot;
  }

  wallTime(): number {
    return this.clock.wallTime();
  }

  get clients(): ClientTables {
    return this.#plane.parts;
  }

  get modules(): MiddlewareModules | null {
    return this.#plane.parts.modules;
  }
}
