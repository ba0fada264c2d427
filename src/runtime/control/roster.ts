/** Who of the workers is there: the members of the set, and those that only finish what they have. */
import type { WorkerStart } from '../shared/messages.ts';
import { WorkerHandle } from './worker-handle.ts';
import type { WorkerEvents, WorkerHandleOptions } from './worker-handle.ts';

/** How much there is of everything now; connections and exchanges are at most 100 ms old. */
export interface WorkerLoad {
  readonly serving: number;
  readonly connections: number;
  readonly exchanges: number;
  readonly threads: readonly { readonly worker: number; readonly connections: number; readonly exchanges: number }[];
}

export interface RosterOptions extends WorkerHandleOptions {
  /** All of what a thread is started with but its slot. */
  readonly start: Omit<WorkerStart, 'worker'>;
}

export class Roster {
  readonly #options: RosterOptions;
  readonly #events: WorkerEvents;
  /** All that are not gone, the oldest first. */
  readonly all = new Set<WorkerHandle>();
  /** Those that make up the set: starting or serving. */
  readonly members = new Set<WorkerHandle>();

  constructor(options: RosterOptions, events: WorkerEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Data planes that accept connections. */
  get serving(): WorkerHandle[] {
    return [...this.members].filter((worker) => worker.state === 'serving');
  }

  /** The snapshot that every data plane has confirmed, or a later one; infinite with none. */
  get confirmed(): number {
    return Math.min(...[...this.all].filter((worker) => worker.hasSnapshot).map(({ confirmed }) => confirmed));
  }

  /** A slot is free for one more. */
  get hasRoom(): boolean {
    return this.all.size < this.#options.table.handle.workerSlots;
  }

  /** The oldest of those that only finish what they have. */
  get oldestLeaving(): WorkerHandle | null {
    return [...this.all].find((worker) => !this.members.has(worker) && worker.state !== 'starting') ?? null;
  }

  /** Slots whose data planes count in the tables of the last snapshot, or those before. */
  get countingSlots(): ReadonlySet<number> {
    return new Set([...this.all].filter(({ hasSnapshot }) => hasSnapshot).map(({ slot }) => slot));
  }

  /** Rows of routes that are gone, of which a data plane still had an exchange when it confirmed its snapshot. */
  get heldRoutes(): ReadonlySet<number> {
    return new Set([...this.all].flatMap(({ heldRoutes }) => heldRoutes));
  }

  /** Starts a new member in a free slot. */
  spawn(): WorkerHandle {
    const worker = this.spawnGuest();
    this.members.add(worker);
    return worker;
  }

  /** Starts one that is no member yet. */
  spawnGuest(): WorkerHandle {
    const { table, start } = this.#options;
    const taken = new Set([...this.all].map(({ slot }) => slot));
    let slot = 0;
    while (taken.has(slot)) slot++;
    if (slot >= table.handle.workerSlots) throw new Error('no worker slot is free');
    const worker = new WorkerHandle({ ...start, worker: slot }, this.#options, this.#events);
    this.all.add(worker);
    return worker;
  }

  load(): WorkerLoad {
    const { table } = this.#options;
    const threads = [...this.all].map(({ slot }) => {
      return { worker: slot, connections: table.connections(slot), exchanges: table.exchanges(slot) };
    });
    return {
      serving: this.serving.length,
      connections: threads.reduce((sum, { connections }) => sum + connections, 0),
      exchanges: threads.reduce((sum, { exchanges }) => sum + exchanges, 0),
      threads,
    };
  }
}
