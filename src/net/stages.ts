/**
 * What is read from an accepted connection before anybody speaks a protocol on it: a PROXY header, then a TLS hello. A
 * stage reads, and writes what it has found into the connection's facts; it never puts another connection in its
 * place. A listener without stages, the only kind so far, hands its connections straight to the codec.
 */
import type { AcceptedConnection, ConnectionHandler } from './transport.ts';

/** The next stage, or the codec: takes the connection with the bytes that were read and not used up. */
export type NextStage = (rest: Buffer | null) => void;

export interface Stage {
  /**
   * Takes the connection over. Calls `next` once, at once or later, when it is done with the connection. What it
   * returns is the connection's handler until then.
   */
  begin(connection: AcceptedConnection, next: NextStage): ConnectionHandler;
}

/** Runs a connection through `stages` and gives it to the codec. Returns its first handler. */
export function passStages(
  connection: AcceptedConnection,
  stages: readonly Stage[],
  codec: (connection: AcceptedConnection) => ConnectionHandler,
): ConnectionHandler {
  if (stages.length === 0) return codec(connection);
  enter(connection, stages, 0, codec);
  return connection.handler;
}

function enter(
  connection: AcceptedConnection,
  stages: readonly Stage[],
  index: number,
  codec: (connection: AcceptedConnection) => ConnectionHandler,
): void {
  if (index === stages.length) {
    connection.handler = codec(connection);
    return;
  }
  let isOver = false;
  const handler = stages[index].begin(connection, (rest) => {
    isOver = true;
    enter(connection, stages, index + 1, codec);
    if (rest !== null && rest.length > 0) connection.handler.onBytes(rest, 0, rest.length);
  });
  // The stage was done before it returned: its handler is not needed any more.
  if (!isOver) connection.handler = handler;
}
