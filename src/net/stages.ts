/**
 * What a connection passes before a codec gets it: PROXY protocol, TLS, protocol detection, in their order. A
 * listener without stages, the only kind so far, hands its connections straight to the codec.
 */
import type { CloseReason, Connection, ConnectionHandler } from './transport.ts';

/** The next stage, or the codec: takes the connection with the bytes that were read and not used up. */
export type NextStage = (connection: Connection, rest: Buffer | null) => void;

export interface Stage {
  /**
   * Takes the connection over. Calls `next` once, when it is done with it, and may hand on another connection than
   * the one it got (TLS does). What it answers hears of the connection until then.
   */
  begin(connection: Connection, next: NextStage): ConnectionHandler;
}

/** Runs a connection through `stages` and gives it to the codec. Answers who hears of it first. */
export function passStages(
  connection: Connection,
  stages: readonly Stage[],
  codec: (connection: Connection) => ConnectionHandler,
): ConnectionHandler {
  if (stages.length === 0) return codec(connection);
  const relay = new StageRelay();
  const run = (current: Connection, index: number, rest: Buffer | null): void => {
    relay.target =
      index < stages.length ? stages[index].begin(current, (next, left) => run(next, index + 1, left)) : codec(current);
    if (index === stages.length) current.handler = relay.target;
    if (rest !== null && rest.length > 0) relay.target.onBytes(rest, 0, rest.length);
  };
  run(connection, 0, null);
  return relay.target ?? relay;
}

/** Stands in for a stage that finishes before it has answered who listens. */
class StageRelay implements ConnectionHandler {
  target: ConnectionHandler | null = null;
  onConnect(): void {
    this.target?.onConnect();
  }
  onBytes(buffer: Buffer, start: number, end: number): void {
    this.target?.onBytes(buffer, start, end);
  }
  onDrain(): void {
    this.target?.onDrain();
  }
  onEnd(): void {
    this.target?.onEnd();
  }
  onClose(reason: CloseReason): void {
    this.target?.onClose(reason);
  }
  onFault(error: unknown): void {
    this.target?.onFault(error);
  }
}
