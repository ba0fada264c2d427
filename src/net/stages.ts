/**
 * What a connection passes before a codec gets it: PROXY protocol, TLS, protocol detection, in their order. A
 * listener without stages, the only kind so far, hands its connections straight to the codec.
 */
import type { Connection, ConnectionHandler } from './transport.ts';

/** The next stage, or the codec: takes the connection with the bytes that were read and not used up. */
export type NextStage = (connection: Connection, rest: Buffer | null) => void;

export interface Stage {
  /**
   * Takes the connection over. Calls `next` once, at once or later, when it is done with it, and may hand on another
   * connection than the one it got (TLS does). What it answers hears of the connection until then; for good where it
   * handed on another.
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
  enter(connection, stages, 0, codec);
  return connection.handler;
}

function enter(
  connection: Connection,
  stages: readonly Stage[],
  index: number,
  codec: (connection: Connection) => ConnectionHandler,
): void {
  if (index === stages.length) {
    connection.handler = codec(connection);
    return;
  }
  let isHandedOn = false;
  const handler = stages[index].begin(connection, (next, rest) => {
    isHandedOn = next === connection;
    enter(next, stages, index + 1, codec);
    if (rest !== null && rest.length > 0) next.handler.onBytes(rest, 0, rest.length);
  });
  // A stage that was done before it had answered is not to be heard any more.
  if (!isHandedOn) connection.handler = handler;
}
