/** Requests that wait until it is their time. */
import type { ExchangeRecord } from '../../http/record.ts';
import type { Deferral, RequestView } from '../../http/steps/step.ts';
import { Timer } from '../../net/timer-wheel.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';

/** Our own timer comes first, however late the thread is. */
const LATEST_MS = 3_600_000;

class Pause extends Timer {
  readonly #pauses: Map<ExchangeRecord, Pause>;
  readonly #record: ExchangeRecord;
  readonly #deferral: Deferral;

  constructor(pauses: Map<ExchangeRecord, Pause>, record: ExchangeRecord, deferral: Deferral) {
    super();
    this.#pauses = pauses;
    this.#record = record;
    this.#deferral = deferral;
  }

  override onTimeout(): void {
    this.#pauses.delete(this.#record);
    this.#deferral.pass();
  }
}

export class Pauses {
  readonly #wheel: TimerWheel;
  /** By the record of the exchange, which has one at a time. */
  readonly #pauses = new Map<ExchangeRecord, Pause>();

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  begin(view: RequestView, ms: number): void {
    const { record } = view;
    const pause = new Pause(this.#pauses, record, view.defer(ms + LATEST_MS));
    this.#pauses.set(record, pause);
    this.#wheel.arm(pause, ms);
  }

  cancel(record: ExchangeRecord): void {
    const pause = this.#pauses.get(record);
    if (pause === undefined) return;
    this.#pauses.delete(record);
    this.#wheel.disarm(pause);
  }
}
