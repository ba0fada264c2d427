/** Named lists of addresses, and bans: most configs have none, and load nothing of them. */
import type { Settings } from '../../core/settings.ts';
import type { BanKeeper } from './ban-keeper.ts';
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
  /** Null: nobody could be banned yet. */
  bans: BanKeeper | null = null;

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

  async settle(
    loaded: KeptLists | null,
    settings: Settings,
    { workers, clock, events }: ListLoaderOptions,
  ): Promise<void> {
    if (loaded !== null) this.#keeper?.settle(loaded, settings.stateDir);
    if (this.bans === null && settings.banTable !== undefined) {
      const { BanKeeper } = await import('./ban-keeper.ts');
      this.bans = new BanKeeper({
        clock,
        publish: (bans) => workers.tellFirst({ type: 'bans', bans }),
        onTrouble: (message) => events.onLogTrouble(message),
      });
    }
    await this.bans?.settle(settings);
  }

  stats(): readonly ListStats[] {
    return this.#keeper?.stats() ?? [];
  }

  close(): void {
    this.#keeper?.close();
  }
}
