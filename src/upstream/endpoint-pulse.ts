import { ANSWERED_KEPT } from '../core/shared/pulse-board.ts';

/** What one endpoint has answered last in one thread. */
export class EndpointPulse {
  /** When the answered requests were sent that were answered last. */
  readonly sentAt = new Float64Array(ANSWERED_KEPT).fill(-Infinity);
  #next = 0;

  /** A request has its answer that was sent then. */
  answered(sentAt: number): void {
    this.sentAt[this.#next] = sentAt;
    this.#next = this.#next === ANSWERED_KEPT - 1 ? 0 : this.#next + 1;
  }
}
