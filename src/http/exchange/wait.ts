/** What an exchange has while it waits: memory that it counts for, a place in a line, and its own time. */
import { USE_REQUEST } from '../../core/shared/memory-table.ts';
import type { RequestHead } from '../head.ts';
import type { Exchange } from './exchange.ts';

/** What a request that waits costs beside its target and the lines of its head: exchange, attempt, timers. */
const QUEUED_BYTES = 4096;

export class Wait {
  readonly #exchange: Exchange;
  #bytes = 0;
  /** Where it waits for its pool; null: nowhere, or for a connection of its endpoint. */
  line: { leave(exchange: Exchange): void } | null = null;
  /** Its rank among those that wait for a place, the lowest first; 0: it has not asked for one yet. */
  rank = 0;
  /** Slot of the endpoint that it waits for a place at, -1: of any. */
  homeSlot = -1;
  /** Its own endpoint was full, and so many waited already that it does without it. */
  isSpilled = false;
  /** Since when it waits for one, 0: it does not. */
  since = 0;
  /** How long it has waited for places before, ms. */
  formerMs = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** It waits from now on. Returns false where there is no memory left for it. */
  enter(): boolean {
    if (this.#bytes > 0) return true;
    const { head, host } = this.#exchange;
    const { lines, target } = head as RequestHead;
    const bytes = QUEUED_BYTES + lines.length + target.length;
    if (!host.memory.take(bytes, USE_REQUEST)) return false;
    this.#bytes = bytes;
    return true;
  }

  /** It waits no longer, if it did. */
  leave(): void {
    if (this.#bytes === 0) return;
    const { host } = this.#exchange;
    host.memory.give(this.#bytes);
    this.#bytes = 0;
    if (this.since > 0) this.#addTime(host.now() - this.since);
    this.since = 0;
    this.line?.leave(this.#exchange);
    this.line = null;
  }

  /** Its turn does not count among the time in which it may move on from refused connects. */
  #addTime(ms: number): void {
    this.formerMs += ms;
    this.#exchange.movingSince += ms;
  }

  /** For another request. */
  reset(): void {
    this.rank = 0;
    this.isSpilled = false;
    this.formerMs = 0;
  }
}
