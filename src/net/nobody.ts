import type { ConnectionHandler } from './transport.ts';

/** Hears of a connection and does nothing: stands in where nobody has it yet, or wants it any more. */
export const NOBODY: ConnectionHandler = Object.freeze({
  onConnect() {},
  onBytes() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
  onFault() {},
});
