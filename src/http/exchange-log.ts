import type { ExchangeRecord } from './record.ts';

/** Whoever writes down what an exchange was. A route without one has null and pays one comparison. */
export interface ExchangeLog {
  /** The record is borrowed until the call returns. */
  exchangeEnded(record: ExchangeRecord): void;
}
