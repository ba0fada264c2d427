import { Timer } from '../../net/timer-wheel.ts';
import type { Exchange } from './exchange.ts';

/** A timer whose end is an event of its exchange. */
export class ExchangeTimer extends Timer {
  readonly #exchange: Exchange;
  readonly #event: number;

  constructor(exchange: Exchange, event: number) {
    super();
    this.#exchange = exchange;
    this.#event = event;
  }

  override onTimeout(): void {
    this.#exchange.dispatch(this.#event);
    this.#exchange.flushClient();
  }

  override onFault(): void {
    this.#exchange.onOwnFault();
  }
}
