import { ANSWERED_KEPT } from '../core/shared/pulse-board.ts';

/** When one endpoint was last heard of in one thread. */
export class EndpointPulse {
  /** When the answered requests were sent that were answered last. */
  readonly sentAt = new Float64Array(ANSWERED_KEPT).fill(-Infinity);
  #next = 0;
  #reads = 0;
  #heardAt = -Infinity;

  /** A request has its answer that was sent then. */
  answered(sentAt: number): void {
    this.sentAt[this.#next] = sentAt;
    this.#next = this.#next === ANSWERED_KEPT - 1 ? 0 : this.#next + 1;
  }

  /** To be asked with each heartbeat: when a byte has last come, as near as that. `reads`: of all its connections so far. */
  heardAt(reads: number, now: number): number {
    if (reads !== this.#reads) {
      this.#reads = reads;
      this.#heardAt = now;
    }
    return this.#heardAt;
  }
}
