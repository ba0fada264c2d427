/** A data plane of a test, with connections and turns of its own, so that it can end as a thread does: at once. */
import { definitionOf } from '../core/balancer/definition-of.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';
import type { CreateBans, DataPlane, DataPlaneOptions } from '../runtime/worker/data-plane-api.ts';
import { createDataPlane } from '../runtime/worker/data-plane.ts';
import { ALL_STEPS, BanTable, ThreadLists } from '../runtime/worker/all-steps.ts';
import * as limitParts from '../runtime/worker/limit-parts.ts';
import * as proxyParts from '../runtime/worker/proxy-parts.ts';
import * as tcpParts from '../runtime/worker/tcp-parts.ts';
import { MemoryTransport } from './memory-transport.ts';
import type { TakeConnect } from './memory-transport.ts';
import type { TestTime } from './test-time.ts';

/** Its config has no listeners, so that it would load nothing for them. */
const createBans: CreateBans = (handle) => new BanTable(handle);
const LOADED = { definitionOf, limitParts, proxyParts, tcpParts, steps: ALL_STEPS };

export class TestPlane {
  readonly plane: DataPlane;
  readonly transport: MemoryTransport;
  readonly #turns: EndingTurns;

  constructor(given: DataPlaneOptions, time: TestTime, onDial: TakeConnect) {
    const made: { plane: DataPlane | null } = { plane: null };
    const onFault = (error: unknown): void => made.plane?.reportFault(error);
    this.transport = new MemoryTransport({ clock: time, onFault, onDial });
    this.#turns = new EndingTurns(time);
    const { transport } = this;
    const loaded = { ...LOADED, lists: new ThreadLists(given.worker), createBans };
    this.plane = createDataPlane({ ...given, loaded, transport, clock: transport.clock, turns: this.#turns });
    made.plane = this.plane;
  }

  /** Ends it at once: nothing of it runs any more, and its connections are gone. */
  end(): void {
    this.#turns.end();
    this.transport.cut();
  }
}

/** Turns that come no more once their thread has ended. */
class EndingTurns implements LoopTurns {
  readonly #turns: LoopTurns;
  readonly #cancels = new Set<Cancel>();

  constructor(turns: LoopTurns) {
    this.#turns = turns;
  }

  every(ms: number, task: () => void, begin?: () => void): Cancel {
    return this.#kept(this.#turns.every(ms, task, begin));
  }

  once(ms: number, task: () => void): Cancel {
    const cancel = this.#kept(
      this.#turns.once(ms, () => {
        this.#cancels.delete(cancel);
        task();
      }),
    );
    return cancel;
  }

  end(): void {
    for (const cancel of [...this.#cancels]) cancel();
  }

  #kept(cancel: Cancel): Cancel {
    const kept = (): void => {
      this.#cancels.delete(kept);
      cancel();
    };
    this.#cancels.add(kept);
    return kept;
  }
}
