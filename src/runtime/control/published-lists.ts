/** Lists that somebody publishes: got once, looked at again from time to time, and kept for the next start. */
import type { Cancel } from '../../checks/scheduler.ts';
import type { ListSpec } from '../../core/settings.ts';
import { fetchList } from '../../lists/fetch-list.ts';
import type { FetchedList, Validators } from '../../lists/fetch-list.ts';
import { ListRefused, judgeList } from '../../lists/judged-list.ts';
import { loadStored, storeList } from '../../lists/stored-list.ts';
import { keepingRanges, unusable, warningOf } from './kept-list.ts';
import type { KeptList } from './kept-list.ts';
import type { ListKeeperOptions } from './list-keeper.ts';
import { codeOrText } from '../../machine/error-code.ts';

type UrlSource = Extract<ListSpec['source'], { kind: 'url' }>;

/** Until one that could not be got is tried again, if that is sooner than usual. */
const AGAIN_MS = 60_000;
const NO_VALIDATORS: Validators = { etag: '', lastModified: '' };

/** What is known of a list besides what it holds. */
interface Followed {
  list: KeptList;
  validators: Validators;
  cancel: Cancel | null;
}

export class PublishedLists {
  readonly #options: ListKeeperOptions;
  readonly #take: (list: KeptList) => void;
  readonly #followed = new Map<string, Followed>();
  /** Of what was loaded and is not settled yet, by the list. */
  readonly #validators = new WeakMap<KeptList, Validators>();
  readonly #abort = new AbortController();
  #stateDir = '';

  /** `take` hears of each list that has changed, and of what there is to say of one. */
  constructor(options: ListKeeperOptions, take: (list: KeptList) => void) {
    this.#options = options;
    this.#take = take;
  }

  /** The last good copy, else what there is now. Rejects with a `ListRefused`. */
  async load(id: string, source: UrlSource, stateDir: string): Promise<KeptList> {
    const stored = stateDir === '' ? null : await loadStored(stateDir, id, source.url);
    if (stored !== null) {
      try {
        return this.#toList(id, source, stored, stored.at);
      } catch (error) {
        // Other rules than when it was stored.
        if (!(error instanceof ListRefused)) throw error;
      }
    }
    const fetched = await fetchList(source.url, NO_VALIDATORS, this.#abort.signal);
    if (fetched === null) throw new ListRefused(`${source.url} has said nothing`, 'Look what is published there.');
    const list = this.#toList(id, source, fetched, this.#options.clock.wallTime());
    await this.#store(list, fetched, stateDir);
    return list;
  }

  /** Those that are looked at from now on; a copy that is older than it may be, at once. */
  settle(lists: readonly KeptList[], stateDir: string): void {
    this.#stateDir = stateDir;
    const kept = new Set(lists.map(({ id }) => id));
    for (const [id, { cancel }] of this.#followed) {
      if (kept.has(id)) continue;
      cancel?.();
      this.#followed.delete(id);
    }
    for (const list of lists) {
      const known = this.#followed.get(list.id);
      if (known?.list === list) continue;
      known?.cancel?.();
      const followed = { list, validators: this.#validators.get(list) ?? NO_VALIDATORS, cancel: null };
      this.#followed.set(list.id, followed);
      const age = this.#options.clock.wallTime() - list.at;
      this.#lookIn(followed, Math.max(0, refreshOf(list) - Math.max(0, age)));
    }
  }

  close(): void {
    this.#abort.abort();
    for (const { cancel } of this.#followed.values()) cancel?.();
    this.#followed.clear();
  }

  // ———

  #lookIn(followed: Followed, delayMs: number): void {
    followed.cancel = this.#options.scheduler.after(delayMs, () => void this.#look(followed));
  }

  async #look(followed: Followed): Promise<void> {
    const { list, validators } = followed;
    const { id, source } = list;
    if (source.kind !== 'url') return;
    let nextMs = source.refreshMs;
    let found: KeptList = list;
    try {
      const fetched = await fetchList(source.url, validators, this.#abort.signal);
      const at = this.#options.clock.wallTime();
      if (fetched === null) found = { ...list, at, trouble: warningOf(id, list) };
      else {
        found = keepingRanges(list, this.#toList(id, source, fetched, at));
        followed.validators = fetched;
        await this.#store(found, fetched, this.#stateDir);
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      found = unusable(list, error instanceof ListRefused ? `${error.message}. ${error.cure}` : String(error));
      nextMs = Math.min(nextMs, AGAIN_MS);
    }
    await this.#options.turns.take(() => {
      this.#settleOne(followed, found, nextMs);
      return Promise.resolve();
    });
  }

  /** Unless it has gone meanwhile, or another has come in its place. */
  #settleOne(followed: Followed, found: KeptList, nextMs: number): void {
    if (this.#followed.get(found.id) !== followed) return;
    followed.list = found;
    this.#take(found);
    this.#lookIn(followed, nextMs);
  }

  #toList(id: string, source: UrlSource, { text, etag, lastModified }: FetchedList, at: number): KeptList {
    const usable = judgeList(text, source.rules);
    const list = { id, source, stamp: '', at, ...usable, trouble: warningOf(id, usable) };
    this.#validators.set(list, { etag, lastModified });
    return list;
  }

  async #store({ id, source, at }: KeptList, fetched: FetchedList, stateDir: string): Promise<void> {
    if (stateDir === '' || source.kind !== 'url') return;
    await storeList(stateDir, id, { ...fetched, url: source.url, at }).catch((error: unknown) => {
      const code = codeOrText(error);
      const message = `it cannot be kept in stateDir (${code}): the next start has to get it. Make stateDir writable.`;
      this.#options.onEvent({ list: id, change: 'warning', message });
    });
  }
}

function refreshOf({ source }: KeptList): number {
  return source.kind === 'url' ? source.refreshMs : 0;
}
