/** Named lists of addresses: most configs have none, and load nothing of them. */
import type { Settings } from '../../core/settings.ts';
import type { ListStats } from './list-event.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';
import type { KeptLists, ListKeeper, ListKeeperOptions } from './list-keeper.ts';
import type { WorkerSet } from './worker-set.ts';

interface ListLoaderOptions extends Pick<ControlPlaneOptions, 'clock' | 'scheduler' | 'events'> {
  readonly turns: ListKeeperOptions['turns'];
  readonly workers: WorkerSet;
}

export class ListLoader {
  /** Null: there was no list yet. */
  #keeper: ListKeeper | null = null;

  /** As {@link ListKeeper.load}. Null: there is nothing to settle. */
  async load(settings: Settings<'auto'>, options: ListLoaderOptions): Promise<KeptLists | null> {
    if (this.#keeper === null) {
      if (settings.lists === undefined) return null;
      const { ListKeeper } = await import('./list-keeper.ts');
      const { workers, events, ...others } = options;
      this.#keeper = new ListKeeper({
        ...others,
        workerSlots: workers.workerSlots,
        publish: (lists) => workers.tellFirst({ type: 'lists', lists }),
        onEvent: (event) => events.onList(event),
      });
    }
    return this.#keeper.load(settings);
  }

  settle(loaded: KeptLists | null, stateDir: string): void {
    if (loaded !== null) this.#keeper?.settle(loaded, stateDir);
  }

  stats(): readonly ListStats[] {
    return this.#keeper?.stats() ?? [];
  }

  close(): void {
    this.#keeper?.close();
  }
}
