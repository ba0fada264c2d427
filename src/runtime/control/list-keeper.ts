/**
 * The named lists of a config: read at the start and at each reload, looked after while it runs, and handed to threads.
 * A list that cannot be used any more changes nothing: the last good one stays, and it is said what to do.
 */
import { isDeepStrictEqual } from 'node:util';
import { stampFiles } from '../../certificates/watch.ts';
import type { Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import { createHits, sumHits } from '../../core/lists/list-handle.ts';
import type { ListHandle } from '../../core/lists/list-handle.ts';
import { addNetwork } from '../../core/lists/network-text.ts';
import { CollectedRanges, buildRanges } from '../../core/lists/ranges.ts';
import type { ListSpec, Settings } from '../../core/settings.ts';
import { ListRefused } from '../../lists/judged-list.ts';
import type { UsableList } from '../../lists/judged-list.ts';
import { readListFile } from '../../lists/list-file.ts';
import { keepingRanges, unusable, warningOf } from './kept-list.ts';
import type { KeptList } from './kept-list.ts';
import { ListError } from './list-error.ts';
import type { ListMistake } from './list-error.ts';
import type { ListEvent, ListStats } from './list-event.ts';
import { PublishedLists } from './published-lists.ts';
import type { Turns } from './turns.ts';
import { WatchedFiles } from './watched-files.ts';

export interface ListKeeperOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Whoever changes the snapshot. */
  readonly turns: Turns;
  readonly workerSlots: number;
  /** To every thread, and to those that come. */
  publish(lists: readonly ListHandle[]): void;
  onEvent(event: ListEvent): void;
}

/** By their names. */
export type KeptLists = ReadonlyMap<string, KeptList>;

export class ListKeeper {
  readonly #options: ListKeeperOptions;
  readonly #files: WatchedFiles<KeptList>;
  readonly #published: PublishedLists;
  #all: KeptLists = new Map();
  /** Of every name since the start: they go on over reloads. */
  readonly #hits = new Map<string, SharedArrayBuffer>();

  constructor(options: ListKeeperOptions) {
    this.#options = options;
    this.#published = new PublishedLists(options, (list) => this.#takeOver(list));
    this.#files = new WatchedFiles<KeptList>({
      clock: options.clock,
      scheduler: options.scheduler,
      stampOf,
      readAgain: (before) => this.#readAgain(before),
      onStale: () => void options.turns.take(() => this.#refreshFiles()),
    });
  }

  /** Changes nothing. Rejects with a {@link ListError} where a list cannot be used, and was none before. */
  async load({ lists = [], stateDir }: Pick<Settings, 'lists' | 'stateDir'>): Promise<KeptLists> {
    const mistakes: ListMistake[] = [];
    this.#files.noteRead();
    const loading = lists.map(async (spec) => {
      try {
        return [spec.name, await this.#load(spec, stateDir)] as const;
      } catch (error) {
        if (!(error instanceof ListRefused)) throw error;
        mistakes.push({ list: spec.name, message: error.message, cure: error.cure });
        return null;
      }
    });
    const loaded = (await Promise.all(loading)).filter((each) => each !== null);
    if (mistakes.length > 0) throw new ListError(mistakes);
    return new Map(loaded);
  }

  /** From now on it is these. Threads have them before a route that needs one. */
  settle(loaded: KeptLists, stateDir: string): void {
    this.#swap(loaded);
    this.#files.settle(new Map([...loaded].filter(([, { source }]) => source.kind === 'file')));
    this.#published.settle(
      [...loaded.values()].filter(({ source }) => source.kind === 'url'),
      stateDir,
    );
  }

  stats(): readonly ListStats[] {
    const now = this.#options.clock.wallTime();
    return [...this.#all.values()].map(({ id, source, entries, at, trouble }) => ({
      list: id,
      source: source.kind,
      entries,
      ageMs: Math.max(0, now - at),
      hits: sumHits(this.#hitsOf(id)),
      trouble: trouble?.message ?? '',
    }));
  }

  close(): void {
    this.#files.close();
    this.#published.close();
  }

  // ———

  #swap(to: KeptLists): void {
    const before = this.#all;
    this.#all = to;
    for (const { id, trouble } of to.values()) {
      const known = before.get(id)?.trouble ?? null;
      if (trouble !== null && trouble.message !== known?.message) this.#options.onEvent(trouble);
    }
    const isSame = before.size === to.size && [...to].every(([id, { ranges }]) => before.get(id)?.ranges === ranges);
    if (isSame) return;
    this.#options.publish([...to.values()].map(({ id, ranges }) => ({ name: id, ranges, hits: this.#hitsOf(id) })));
  }

  #hitsOf(id: string): SharedArrayBuffer {
    const known = this.#hits.get(id);
    if (known !== undefined) return known;
    const hits = createHits(this.#options.workerSlots);
    this.#hits.set(id, hits);
    return hits;
  }

  /** One of those that are published is another one now, or there is something to say of it. */
  #takeOver(list: KeptList): void {
    const before = this.#all.get(list.id);
    if (before === undefined || !isDeepStrictEqual(before.source, list.source)) return;
    this.#swap(new Map(this.#all).set(list.id, list));
    this.#sayNew(before, list);
  }

  async #refreshFiles(): Promise<void> {
    const before = this.#all;
    const refreshed = await this.#files.refresh();
    if (refreshed === null) return;
    this.#swap(new Map([...before, ...refreshed]));
    for (const [id, list] of refreshed) this.#sayNew(before.get(id), list);
    this.#files.settle(refreshed);
  }

  #sayNew(before: KeptList | undefined, { id, ranges, entries, trouble }: KeptList): void {
    if (before === undefined) return;
    const isMended = before.trouble?.change === 'unusable' && trouble?.change !== 'unusable';
    if (before.ranges === ranges && !isMended) return;
    this.#options.onEvent({ list: id, change: 'updated', message: `it has ${entries} entries now` });
  }

  // ——— reading

  #load({ name, source }: ListSpec, stateDir: string): Promise<KeptList> {
    const known = this.#all.get(name);
    const isKnown = known !== undefined && isDeepStrictEqual(known.source, source);
    return isKnown ? this.#again(known) : this.#read(name, source, stateDir);
  }

  async #read(id: string, source: ListSpec['source'], stateDir: string): Promise<KeptList> {
    const at = this.#options.clock.wallTime();
    if (source.kind === 'inline') {
      return { id, source, stamp: '', at, trouble: null, ...collect(source.networks) };
    }
    if (source.kind === 'url') return this.#published.load(id, source, stateDir);
    const stamp = await stampFiles([source.path]);
    const list = await readListFile(source.path, source.rules);
    return { id, source, stamp, at, ...list, trouble: warningOf(id, list) };
  }

  async #again(before: KeptList): Promise<KeptList> {
    if (before.source.kind !== 'file' || (await stampOf(before)) === before.stamp) return before;
    return this.#readAgain(before);
  }

  /** Never rejects. */
  async #readAgain(before: KeptList): Promise<KeptList> {
    const { id, source } = before;
    const stamp = await stampOf(before);
    try {
      return { ...keepingRanges(before, await this.#read(id, source, '')), stamp };
    } catch (error) {
      const why = error instanceof ListRefused ? `${error.message}. ${error.cure}` : String(error);
      return { ...unusable(before, why), stamp };
    }
  }
}

async function stampOf({ source }: KeptList): Promise<string> {
  return source.kind === 'file' ? stampFiles([source.path]) : '';
}

/** The config has checked them. */
function collect(networks: readonly string[]): UsableList {
  const collected = new CollectedRanges();
  for (const network of networks) addNetwork(network, collected);
  return { ranges: buildRanges(collected), entries: collected.count, warning: '' };
}
